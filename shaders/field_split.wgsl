// Fields from weights and duals as pairs of halves, summed in f32. Twin: kernels-cpu/src/field_split.rs.
#import fields_of_halves
