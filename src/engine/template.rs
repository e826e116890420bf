//! Shaders as text before WGSL: imports, parameters, and lines written out again and again.
//!
//! No WGSL compiler unrolls the loops over a tile, and accumulators must be named variables to stay in registers; so
//! the inner loops are written out here, from a text that a person can read. Knows lines and integers, and no WGSL.
//!
//! | a line | becomes |
//! |---|---|
//! | `#import NAME` | the shared piece of that name, its own directives carried out |
//! | `#for i in FIRST..END {` to `#}` | the lines between, once for each i from FIRST up to, but not including, END |
//! | `#if VALUE {` to `#}`, or to `#} else {` to `#}` | the lines between if VALUE is not 0, else those after `else` |
//! | `{VALUE}` anywhere in a line, no blanks inside | the number |
//!
//! A VALUE is made of integers, parameters, loop variables, `+ - * / %` and parentheses; all of it is known here.

/// The pieces that shaders may import, by name.
const SHARED: [(&str, &str); 12] = [
    ("distances", include_str!("../../shaders/shared/distances.wgsl")),
    ("elementary", include_str!("../../shaders/shared/elementary.wgsl")),
    ("extent", include_str!("../../shaders/shared/extent.wgsl")),
    ("fields_of_halves", include_str!("../../shaders/shared/fields_of_halves.wgsl")),
    ("finite", include_str!("../../shaders/shared/finite.wgsl")),
    ("footprint", include_str!("../../shaders/shared/footprint.wgsl")),
    ("half", include_str!("../../shaders/shared/half.wgsl")),
    ("hamming", include_str!("../../shaders/shared/hamming.wgsl")),
    ("philox", include_str!("../../shaders/shared/philox.wgsl")),
    ("row", include_str!("../../shaders/shared/row.wgsl")),
    ("sigmoid", include_str!("../../shaders/shared/sigmoid.wgsl")),
    ("sums", include_str!("../../shaders/shared/sums.wgsl")),
];

/// The names that hold numbers, innermost last.
type Names = Vec<(String, i64)>;

/// A shader's text with every directive carried out.
///
/// # Errors
/// A line number, and what is wrong there.
pub fn resolve(source: &str, parameters: &[(&str, i64)]) -> Result<String, String> {
    let mut names: Names = parameters.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
    let mut text = String::with_capacity(source.len());
    write(&numbered(source), &mut names, &mut text)?;
    Ok(text)
}

/// The lines of a text, counted from 1.
fn numbered(text: &str) -> Vec<(usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line)).collect()
}

/// A directive, the line it stands in without blanks around.
enum Directive<'a> {
    Import(&'a str),
    For { name: &'a str, first: &'a str, end: &'a str },
    If(&'a str),
    Else,
    Close,
    Text,
}

fn directive(line: &str) -> Result<Directive<'_>, String> {
    let line = line.trim();
    let unknown =
        || format!("{line:?} is no directive: write #import, #for i in 0..4 {{, #if VALUE {{, #}} else {{ or #}}");
    if !line.starts_with('#') {
        return Ok(Directive::Text);
    }
    if let Some(name) = line.strip_prefix("#import ") {
        return Ok(Directive::Import(name.trim()));
    }
    match line {
        "#}" => return Ok(Directive::Close),
        "#} else {" => return Ok(Directive::Else),
        _ => {}
    }
    let opening = line.strip_suffix('{').map(str::trim_end).ok_or_else(unknown)?;
    if let Some(value) = opening.strip_prefix("#if ") {
        return Ok(Directive::If(value.trim()));
    }
    let (name, range) = opening.strip_prefix("#for ").and_then(|rest| rest.split_once(" in ")).ok_or_else(unknown)?;
    let (first, end) = range.split_once("..").ok_or_else(unknown)?;
    Ok(Directive::For { name: name.trim(), first: first.trim(), end: end.trim() })
}

fn write(lines: &[(usize, &str)], names: &mut Names, text: &mut String) -> Result<(), String> {
    let mut at = 0;
    while let Some(&(number, line)) = lines.get(at) {
        let here = |what: String| format!("line {number}: {what}");
        at += 1;
        match directive(line).map_err(here)? {
            Directive::Text => {
                text.push_str(&substituted(line, names).map_err(here)?);
                text.push('\n');
            }
            Directive::Import(name) => {
                let piece = SHARED.iter().find(|piece| piece.0 == name);
                let piece = piece.ok_or_else(|| here(format!("no shared piece named {name:?}")))?.1;
                write(&numbered(piece), names, text).map_err(|fault| here(format!("in {name}, {fault}")))?;
                text.push('\n');
            }
            Directive::For { name, first, end } => {
                let (body, otherwise, next) = block(lines, at).map_err(here)?;
                if otherwise.is_some() {
                    return Err(here("a #for has no else".into()));
                }
                for value in evaluate(first, names).map_err(here)?..evaluate(end, names).map_err(here)? {
                    names.push((name.to_owned(), value));
                    let written = write(body, names, text);
                    names.pop();
                    written?;
                }
                at = next;
            }
            Directive::If(value) => {
                let (body, otherwise, next) = block(lines, at).map_err(here)?;
                let chosen =
                    if evaluate(value, names).map_err(here)? != 0 { body } else { otherwise.unwrap_or_default() };
                write(chosen, names, text)?;
                at = next;
            }
            Directive::Else | Directive::Close => return Err(here("nothing is open to be closed".into())),
        }
    }
    Ok(())
}

type Lines<'a, 'b> = &'a [(usize, &'b str)];

/// The lines from `start` to the `#}` that closes them, those after an `else`, and the index after.
fn block<'a, 'b>(lines: Lines<'a, 'b>, start: usize) -> Result<(Lines<'a, 'b>, Option<Lines<'a, 'b>>, usize), String> {
    let mut depth = 0;
    let mut middle = None;
    for (index, (_, line)) in lines.iter().enumerate().skip(start) {
        match directive(line)? {
            Directive::For { .. } | Directive::If(_) => depth += 1,
            Directive::Else if depth == 0 => middle = Some(index),
            Directive::Close if depth == 0 => {
                let body = &lines[start..middle.unwrap_or(index)];
                return Ok((body, middle.map(|middle| &lines[middle + 1..index]), index + 1));
            }
            Directive::Close => depth -= 1,
            Directive::Else | Directive::Import(_) | Directive::Text => {}
        }
    }
    Err("nothing closes it".into())
}

/// The line with every `{VALUE}` replaced. WGSL's own braces have a blank, a line's end or another brace beside them.
fn substituted(line: &str, names: &Names) -> Result<String, String> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        text.push_str(before);
        let value = after[1..].split_once('}').map(|(value, _)| value);
        match value.filter(|value| !value.is_empty() && !value.contains([' ', ';', '{'])) {
            Some(value) => {
                text.push_str(&evaluate(value, names)?.to_string());
                rest = &after[value.len() + 2..];
            }
            None => {
                text.push('{');
                rest = &after[1..];
            }
        }
    }
    text.push_str(rest);
    Ok(text)
}

fn evaluate(value: &str, names: &Names) -> Result<i64, String> {
    let mut parser = Parser { rest: value.trim(), names };
    let number = parser.sum().ok_or_else(|| format!("{value:?} has no value here"))?;
    if parser.rest.is_empty() { Ok(number) } else { Err(format!("{:?} follows the value in {value:?}", parser.rest)) }
}

/// Recursive descent over the characters that remain.
struct Parser<'a> {
    rest: &'a str,
    names: &'a Names,
}

impl Parser<'_> {
    fn take(&mut self, wanted: &[char]) -> Option<char> {
        self.rest = self.rest.trim_start();
        let found = self.rest.chars().next().filter(|found| wanted.contains(found))?;
        self.rest = &self.rest[1..];
        Some(found)
    }

    fn sum(&mut self) -> Option<i64> {
        let mut left = self.product()?;
        while let Some(operator) = self.take(&['+', '-']) {
            let right = self.product()?;
            left = if operator == '+' { left.checked_add(right)? } else { left.checked_sub(right)? };
        }
        Some(left)
    }

    fn product(&mut self) -> Option<i64> {
        let mut left = self.atom()?;
        while let Some(operator) = self.take(&['*', '/', '%']) {
            let right = self.atom()?;
            left = match operator {
                '*' => left.checked_mul(right)?,
                '/' => left.checked_div(right)?,
                _ => left.checked_rem(right)?,
            };
        }
        Some(left)
    }

    fn atom(&mut self) -> Option<i64> {
        if self.take(&['(']).is_some() {
            let value = self.sum()?;
            return self.take(&[')']).map(|_| value);
        }
        self.rest = self.rest.trim_start();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let known = || self.names.iter().rev().find(|known| known.0 == name).map(|known| known.1);
        name.parse().ok().or_else(known)
    }
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn loops_nest_and_values_are_computed() {
        let source = "before\n#for i in 0..A {\n#for j in i..2 {\nx{i}_{j*4+1} = {(A-i)*10%7};\n#}\n    #}\nafter";
        let text = resolve(source, &[("A", 2)]).unwrap();
        assert_eq!(text, "before\nx0_1 = 6;\nx0_5 = 6;\nx1_5 = 3;\nafter\n");
        assert_eq!(resolve("#for i in 3..3 {\nnever\n#}", &[]).unwrap(), "");
    }

    #[test]
    fn one_side_of_a_choice_is_written() {
        let source = "#if A-1 {\nyes {A}\n#if 0 {\nnever\n#}\n#} else {\nno {A}\n#}\n#if A {\nshort\n#}";
        assert_eq!(resolve(source, &[("A", 1)]).unwrap(), "no 1\nshort\n");
        assert_eq!(resolve(source, &[("A", 2)]).unwrap(), "yes 2\nshort\n");
    }

    #[test]
    fn wgsl_keeps_its_braces() {
        for text in ["fn main() {}\n", "if x { return; }\n", "struct S { a: u32 }\n", "} else {\n", "{{ a }}\n"] {
            assert_eq!(resolve(text, &[("a", 1)]).unwrap(), text);
        }
    }

    #[test]
    fn inner_names_hide_outer_ones_and_end_with_their_loop() {
        assert_eq!(resolve("#for i in 0..1 {\n#for i in 5..6 {\n{i}\n#}\n{i}\n#}", &[]).unwrap(), "5\n0\n");
        assert!(resolve("#for i in 0..1 {\n#}\n{i}", &[]).unwrap_err().contains("line 3: \"i\""));
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let faults = [
            ("\n#import planted", "line 2: no shared piece named \"planted\""),
            ("\n#import fields_of_halves", "line 2: in fields_of_halves, line "),
            ("{B}", "line 1: \"B\" has no value"),
            ("{1/0}", "\"1/0\" has no value"),
            ("{9223372036854775807+1}", "has no value"),
            ("{(1}", "has no value"),
            ("{1)}", "\")\" follows the value"),
            ("x\n#for i in 0..2 {\ny", "line 2: nothing closes it"),
            ("#}", "line 1: nothing is open"),
            ("#} else {", "line 1: nothing is open"),
            ("#for i in 0..1 {\n#} else {\n#}", "line 1: a #for has no else"),
            ("#for i in 2 {\n#}", "is no directive"),
            ("#planted", "is no directive"),
            ("#for i in 0..B {\n#}", "line 1: \"B\" has no value"),
            ("#for i in 0..2 {\n{B}\n#}", "line 2: \"B\" has no value"),
        ];
        for (source, named) in faults {
            let fault = resolve(source, &[]).expect_err(named);
            assert!(fault.contains(named), "{source:?}: {fault}");
        }
    }
}
