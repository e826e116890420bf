//! Every format that rows come in, through the one reader that all verbs use: what is read, and how damage is told.

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;

use attractor::data::{
    Binarize, Features, Input, Scaling, read_features, read_labelled_patterns, read_labels, read_patterns,
};
use common::program::{attractor, refuse, stderr, succeed, text};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A .npz of features x [3, 2], labels y [3], and if asked for another array.
fn npz(method: CompressionMethod, more: bool) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut archive = ZipWriter::new(&mut bytes);
    let mut member = |name: &str, array: &[u8]| {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default().compression_method(method)).unwrap();
        archive.write_all(array).unwrap();
    };
    member("x", &npy("<f4", "(3, 2)", &floats(&[0.5, 1.0, 1.5, 2.0, 2.5, 3.0])));
    member("y", &npy("|u1", "(3,)", &[7, 8, 7]));
    if more {
        member("z", &npy("|i1", "(1, 2)", &[1, 255]));
    }
    archive.finish().unwrap();
    bytes.into_inner()
}

fn input(folder: &TempDir, spelled: &str) -> Input {
    format!("{}/{spelled}", folder.path().display()).parse().unwrap()
}

fn features(folder: &TempDir, spelled: &str) -> Features {
    read_features(input(folder, spelled), Scaling::None).unwrap_or_else(|error| panic!("{spelled}: {error}"))
}

fn refusal(folder: &TempDir, spelled: &str) -> String {
    read_features(input(folder, spelled), Scaling::None).unwrap_err().to_string()
}

fn put(folder: &TempDir, name: &str, bytes: &[u8]) {
    fs::write(folder.path().join(name), bytes).unwrap();
}

fn classes(folder: &TempDir, spelled: &str) -> Option<Vec<i64>> {
    read_labelled_patterns(input(folder, spelled), Some(Binarize::Threshold(1.0))).unwrap().1
}

#[test]
fn arrays_of_npz_are_read_by_name_packed_or_not() {
    let folder = TempDir::new().unwrap();
    for (name, method) in [("a.npz", CompressionMethod::Stored), ("b.npz", CompressionMethod::Deflated)] {
        put(&folder, name, &npz(method, true));
        let x = features(&folder, &format!("{name},array=x"));
        assert_eq!((x.len(), x.dimensions(), x.row(2)), (3, 2, &[2.5, 3.0][..]));
        assert_eq!(read_labels(input(&folder, &format!("{name},array=y")), 3).unwrap(), [7, 8, 7]);
        assert_eq!(classes(&folder, &format!("{name},array=x,labels=y")), Some(vec![7, 8, 7]));
        let chosen = features(&folder, &format!("{name},array=x,labels=y,label=7,rows=1.."));
        assert_eq!(chosen.values(), [2.5, 3.0]);
        assert_eq!(read_patterns(input(&folder, &format!("{name},array=z")), None).unwrap().to_bipolar(), [1, -1]);
        assert!(refusal(&folder, name).contains("several arrays: [x, y, z]; name one: FILE,array=NAME"));
        let absent = refusal(&folder, &format!("{name},array=w"));
        assert!(absent.contains("no array w, only [x, y, z]"), "{absent}");
        assert!(refusal(&folder, &format!("{name},array=x,label=7")).contains("FILE,labels=NAME"));
        let absent = refusal(&folder, &format!("{name},array=x,labels=w"));
        assert!(absent.contains("no labels w, and there is no file"), "{absent}");
    }
    // Labels of another file, of several arrays.
    put(&folder, "plain.npy", &npy("<f4", "(3, 1)", &floats(&[1.0, 2.0, 3.0])));
    let other = folder.path().join("a.npz");
    assert_eq!(features(&folder, &format!("plain.npy,labels={}:y,label=8", other.display())).values(), [2.0]);
    assert_eq!(read_labels(input(&folder, "a.npz,labels=y,rows=1.."), 2).unwrap(), [8, 7]);
    // The only array but the labels needs no name.
    put(&folder, "c.npz", &npz(CompressionMethod::Deflated, false));
    assert_eq!(features(&folder, "c.npz,labels=y,label=8").values(), [1.5, 2.0]);
}

#[test]
fn tensors_of_safetensors_are_read_by_name() {
    let folder = TempDir::new().unwrap();
    let header = r#"{"x":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},"y":{"dtype":"I64","shape":[2],"data_offsets":[4,20]}}"#;
    let data = [&[0xc0, 0x3f, 0x00, 0xc0][..], &1_i64.to_le_bytes(), &2_i64.to_le_bytes()].concat();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat();
    put(&folder, "t.safetensors", &bytes);
    assert_eq!(features(&folder, "t.safetensors,array=x").values(), [1.5, -2.0]);
    assert_eq!(features(&folder, "t.safetensors,labels=y,label=2").values(), [-2.0]);
    assert!(refusal(&folder, "t.safetensors,array=q").contains("no array q, only [x, y]"));
    put(&folder, "t.safetensors", &bytes[..bytes.len() - 1]);
    assert!(refusal(&folder, "t.safetensors,array=x").contains("take 20 bytes by the header"));
}

#[test]
fn idx_and_npy_are_read_under_gzip() {
    let folder = TempDir::new().unwrap();
    let packed = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let idx = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40];
    put(&folder, "images.gz", &packed(&idx));
    assert_eq!(features(&folder, "images.gz").values(), [10.0, 20.0, 30.0, 40.0]);
    put(&folder, "labels.gz", &packed(&[0, 0, 8, 1, 0, 0, 0, 2, 5, 6]));
    let labelled = format!("images.gz,labels={},label=6", folder.path().join("labels.gz").display());
    assert_eq!(features(&folder, &labelled).values(), [30.0, 40.0]);
    put(&folder, "a.npy.gz", &packed(&npy("<f4", "(1, 2)", &floats(&[0.5, 1.5]))));
    assert_eq!(features(&folder, "a.npy.gz").values(), [0.5, 1.5]);
    // Lengths that lie are told from what is there, however much the archive would unpack to.
    put(&folder, "long.gz", &packed(&[&idx[..], &vec![0; 1 << 22]].concat()));
    assert!(refusal(&folder, "long.gz").contains("trailing bytes"));
    put(&folder, "short.gz", &packed(&idx[..18]));
    assert!(refusal(&folder, "short.gz").contains("cut short"));
    let whole = packed(&idx);
    put(&folder, "torn.gz", &whole[..whole.len() - 4]);
    assert!(refusal(&folder, "torn.gz").contains("cannot be unpacked"), "{}", refusal(&folder, "torn.gz"));
    // A length that so few bytes cannot hold costs nothing.
    put(&folder, "vast.gz", &packed(&[&[0, 0, 8, 2, 0xff, 0xff, 0xff, 0xff, 0, 0, 1, 0], &[0; 64][..]].concat()));
    assert!(refusal(&folder, "vast.gz").contains("cut short"));
    let cut = &[&[0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28][..], &[0; 3057]].concat();
    put(&folder, "cut.idx", cut);
    assert!(refusal(&folder, "cut.idx").contains("cut short"), "as long as an image of CIFAR's");
    put(&folder, "text.gz", &packed(b"1,2\n3,4\n"));
    assert!(refusal(&folder, "text.gz").contains("gunzip it first"));
}

#[test]
fn cifars_batches_bring_their_labels() {
    let folder = TempDir::new().unwrap();
    let record = |label: u8, value: u8| [&[label][..], &[value; 3072]].concat();
    put(&folder, "batch.bin", &[record(3, 1), record(0, 0), record(3, 200)].concat());
    let all = features(&folder, "batch.bin");
    assert_eq!((all.len(), all.dimensions(), all.row(2)[3071]), (3, 3072, 200.0));
    assert_eq!(classes(&folder, "batch.bin"), Some(vec![3, 0, 3]));
    assert_eq!(features(&folder, "batch.bin,label=3,rows=1").row(0)[0], 200.0);
    // Labels of one's own are taken, where they are named; the batch's own stay out of it.
    put(&folder, "mine.csv", b"4\n5\n6.0\n");
    let mine = folder.path().join("mine.csv");
    assert_eq!(classes(&folder, &format!("batch.bin,labels={},label=6", mine.display())), Some(vec![6]));
    assert!(refusal(&folder, "batch.bin,labels=absent,label=3").contains("no labels absent"));
    assert_eq!(read_labels(input(&folder, "mine.csv,rows=1.."), 2).unwrap(), [5, 6]);
    assert_eq!(read_labels(input(&folder, "mine.csv,label=6"), 1).unwrap(), [6]);
    // A first record that begins like IDX is CIFAR's all the same.
    put(&folder, "zeros.bin", &record(0, 0));
    assert_eq!(features(&folder, "zeros.bin").len(), 1);
    // Labels of 3065 images are as long as an image, and no image.
    put(&folder, "labels.idx", &[&[0, 0, 8, 1, 0, 0, 0x0b, 0xf9][..], &[5; 3065]].concat());
    assert_eq!(read_labels(input(&folder, "labels.idx"), 3065).unwrap(), [5; 3065]);
    put(&folder, "other.bin", &record(11, 1));
    assert!(refusal(&folder, "other.bin").contains("not a format known here"));
}

#[test]
fn csv_is_read_with_and_without_names_of_columns() {
    let folder = TempDir::new().unwrap();
    put(&folder, "named.csv", b"a,class,b\n1,4,2.5\n# a remark\n-3,5,1e-3\n");
    assert_eq!(features(&folder, "named.csv,labels=class").values(), [1.0, 2.5, -3.0, 0.001]);
    assert_eq!(features(&folder, "named.csv,labels=class,label=5").values(), [-3.0, 0.001]);
    assert_eq!(features(&folder, "named.csv").dimensions(), 3);
    for (text, width) in [
        ("1;0\r\n0;1\r\n", 2),
        ("1 0 0\n0 1 1\n", 3),
        ("# a, b\n  1   0 \n  0   1 \n", 2),
        ("1\t0\n0\t1\n", 2),
        ("\u{feff}1,0\n0,1", 2),
    ] {
        put(&folder, "plain.csv", text.as_bytes());
        let patterns = read_patterns(input(&folder, "plain.csv"), None).unwrap();
        assert_eq!((patterns.len(), patterns.neurons()), (2, width), "{text:?}");
    }
    assert_eq!(features(&folder, "plain.csv,labels=1,label=1").values(), [0.0]);
    let named = format!("plain.csv,labels={}:class,label=5", folder.path().join("named.csv").display());
    assert_eq!(features(&folder, &named).values(), [0.0, 1.0]);
    assert_eq!(read_labels(input(&folder, "named.csv,labels=class"), 2).unwrap(), [4, 5]);
    put(&folder, "twice.csv", b"y,x,y\n1,2,3\n");
    assert!(refusal(&folder, "twice.csv,labels=y").contains("several columns y"));
    put(&folder, "index.csv", b",a\n0,2.5\n");
    assert!(refusal(&folder, "index.csv").contains("line 1, column 1 is \"\""));
    put(&folder, "missing.csv", b"NA,NA\n1,2\n");
    assert!(refusal(&folder, "missing.csv").contains("line 1, column 1 is \"NA\""));
    put(&folder, "labels.csv", b"label\n4\n5\n");
    assert_eq!(read_labels(input(&folder, "labels.csv"), 2).unwrap(), [4, 5]);
    put(&folder, "ragged.csv", b"1,2\n3\n");
    assert!(refusal(&folder, "ragged.csv").contains("no CSV of rows of one width"));
    put(&folder, "words.csv", b"a,b\n1,two\n");
    let words = refusal(&folder, "words.csv");
    assert!(words.contains("line 2, column 2 (b) is \"two\"") && words.contains("labels=COLUMN"), "{words}");
    // A number left out is no name, and makes no names of the others.
    put(&folder, "gap.csv", b"1,,3\n4,5,6\n");
    assert!(refusal(&folder, "gap.csv").contains("line 1, column 2 is \"\""), "{}", refusal(&folder, "gap.csv"));
    put(&folder, "pandas.csv", b"0,1,2\n7,8,9\n");
    assert_eq!(features(&folder, "pandas.csv").values(), [7.0, 8.0, 9.0]);
    put(&folder, "nan.csv", b"1,2\nNaN,3\n");
    assert!(refusal(&folder, "nan.csv").contains("row 1, column 0"));
    put(&folder, "header.csv", b"a,b\n");
    assert!(refusal(&folder, "header.csv").contains("empty"));
}

#[cfg(feature = "images")]
#[test]
fn images_are_rows_and_their_folders_classes() {
    let folder = TempDir::new().unwrap();
    let grey = |name: &str, values: [u8; 4]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::GrayImage::from_raw(2, 2, values.into()).unwrap().save(path).unwrap();
    };
    grey("faces/b.png", [0, 1, 2, 3]);
    grey("faces/a.pgm", [4, 5, 6, 7]);
    put(&folder, "faces/readme.txt", b"not an image");
    assert_eq!(features(&folder, "faces").values(), [4.0, 5.0, 6.0, 7.0, 0.0, 1.0, 2.0, 3.0]);
    assert_eq!(features(&folder, "faces/b.png").values(), [0.0, 1.0, 2.0, 3.0]);
    put(&folder, "list.txt", b"faces/b.png\nfaces/a.pgm\n\n");
    assert_eq!(features(&folder, "list.txt,rows=1").values(), [4.0, 5.0, 6.0, 7.0]);
    grey("digits/7/x.png", [9; 4]);
    grey("digits/10/x.png", [8; 4]);
    grey("digits/10/y.png", [7; 4]);
    grey("digits/.hidden/y.png", [7; 4]);
    assert_eq!(classes(&folder, "digits"), Some(vec![10, 10, 7]));
    assert_eq!(features(&folder, "digits,label=10,rows=1").values(), [7.0; 4]);
    grey("animals/cat/x.png", [1; 4]);
    grey("animals/dog/x.png", [2; 4]);
    assert_eq!(classes(&folder, "animals"), Some(vec![0, 1]));
    fs::create_dir(folder.path().join("animals/eel")).unwrap();
    assert!(refusal(&folder, "animals").contains("eel: is a class without images"));
    put(&folder, "animals/eel/x.jpg", b"");
    assert!(refusal(&folder, "animals").contains("x.jpg: is neither PNG nor PGM"));
    fs::remove_dir_all(folder.path().join("animals/eel")).unwrap();
    grey("animals/y.png", [3; 4]);
    assert!(refusal(&folder, "animals").contains("y.png: stands beside folders"));
    let colours = image::RgbImage::from_raw(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
    colours.save(folder.path().join("c.png")).unwrap();
    assert_eq!(features(&folder, "c.png").values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    colours.save(folder.path().join("digits/10/z.png")).unwrap();
    let mixed = refusal(&folder, "digits");
    assert!(
        mixed.contains("z.png") && mixed.contains("2 x 1 of colours, where the first was 2 x 2 of grey"),
        "{mixed}"
    );
    let whole = fs::read(folder.path().join("c.png")).unwrap();
    put(&folder, "c.png", &whole[..40]);
    assert!(refusal(&folder, "c.png").contains("no image read here"));
    fs::create_dir(folder.path().join("nothing")).unwrap();
    assert!(refusal(&folder, "nothing").contains("no .png and no .pgm"));
    for list in ["faces/b.png\nfaces/absent.pgm\n", "# mine\nfaces/absent.pgm\n"] {
        put(&folder, "list.txt", list.as_bytes());
        assert!(refusal(&folder, "list.txt").contains("absent.pgm"));
    }
}

/// Whatever is damaged comes back, as numbers or as an error.
#[test]
fn damaged_files_never_panic() {
    let folder = TempDir::new().unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&[0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 10, 20]).unwrap();
    let whole = [
        ("a,array=x,labels=y", npz(CompressionMethod::Deflated, true)),
        ("b,array=x,labels=y", npz(CompressionMethod::Stored, false)),
        ("c", gzip.finish().unwrap()),
        ("d,labels=class", b"a,class,b\n1,4,2.5\n-3,5,1e-3\n".to_vec()),
    ];
    for (name, bytes) in whole {
        let input = input(&folder, name);
        let read = |bytes: &[u8]| {
            fs::write(input.path(), bytes).unwrap();
            read_labelled_patterns(&input, Some(Binarize::Median)).is_ok()
        };
        assert!(read(&bytes), "{name}");
        (0..bytes.len()).for_each(|length| _ = read(&bytes[..length]));
        for position in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[position] ^= flip;
                read(&damaged);
            }
        }
    }
}

#[test]
fn a_name_that_looks_like_options_is_still_a_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a,rows=0.npy");
    fs::write(&path, npy("|i1", "(1, 2)", &[1, 255])).unwrap();
    assert_eq!(read_patterns(&path, None).unwrap().to_bipolar(), [1, -1]);
    assert!(
        !Path::new("absent").exists()
            && read_patterns(Path::new("absent"), None).unwrap_err().to_string().contains("absent")
    );
    let refused = path.display().to_string().parse::<Input>().unwrap_err().to_string();
    assert!(refused.contains("rows= takes ranges"), "{refused}");
}

#[test]
fn verbs_read_what_is_written_behind_the_name() {
    let folder = TempDir::new().unwrap();
    put(&folder, "d.npz", &npz(CompressionMethod::Deflated, true));
    let [out, features] = ["out", "d.npz,array=x,labels=y,label=7"].map(|name| folder.path().join(name));
    let embedded = succeed(&["embed", text(&features), "--out", text(&out), "--json"]);
    assert!(String::from_utf8_lossy(&embedded.stdout).contains("\"patterns\":2"), "{embedded:?}");
    assert_eq!(read_labels(&out.join("labels.npy"), 2).unwrap(), [7, 7]);
    let sweep = [
        "sweep",
        "--binarize",
        "mean",
        "--loads",
        "1",
        "--similarities",
        "1",
        "--updates",
        "5",
        "--quiet",
        "--patterns",
    ];
    let cells = folder.path().join("sweep");
    let ran = succeed(&[&sweep[..], &[text(&features), "--out", text(&cells)]].concat());
    assert!(!stderr(&ran).contains("error"), "{}", stderr(&ran));
    let manifest = fs::read_to_string(cells.join("manifest.json")).unwrap();
    assert!(manifest.contains("d.npz,array=x,labels=y,label=7"), "{manifest}");
    let refused = attractor(&["embed", text(&folder.path().join("d.npz,rows=x"))]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("rows= takes ranges"), "{}", stderr(&refused));
    let [labels, inner] = ["labels.npy", "d.npz,array=x"].map(|name| folder.path().join(name));
    fs::write(&labels, npy("|u1", "(3,)", &[1, 2, 3])).unwrap();
    let named = format!("{},labels={}", text(&inner), text(&labels));
    refuse(2, &["embed", &named, "--out", text(folder.path())], &["would replace the input", "labels.npy"]);
    refuse(2, &["embed", &format!("{},row=0..5", text(&folder.path().join("d.npz")))], &["is not there", "rows=A..B"]);
    refuse(2, &[&sweep[..], &[text(&folder.path().join("d.npz"))]].concat(), &["several arrays: [x, y, z]"]);
}
