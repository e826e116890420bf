// Fields from weights and duals in half precision, summed in f32. Twin: kernels-cpu/src/field_half.rs.
#import fields_of_halves
