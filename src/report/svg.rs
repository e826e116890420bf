//! The sheet a figure is drawn on: an SVG that scales, names itself and turns dark with the reader's screen.
//!
//! Everything is drawn in the light page's colours as plain attributes, which any viewer understands; a style inside
//! the file replaces exactly those colours where the screen is dark. Knows nothing of what is drawn.

use maud::{PreEscaped, html};
use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::palette::{GRID, INK, PAPER, Tone};
use crate::error::Error;
use crate::error::Result;

/// Where drawing happens.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing returns.
pub(super) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// Width of every figure; twice what is meant on a page, because the back end rounds to whole units.
pub(super) const WIDTH: u32 = 1240;
/// Height of the strip that holds the title.
pub(super) const TITLE: u32 = 84;

/// Draws a titled figure and returns it as one self-contained SVG.
pub(super) fn draw(
    title: &str,
    caption: &str,
    height: u32,
    tones: &[Tone],
    paint: impl FnOnce(&Area) -> Drawn,
) -> Result<String> {
    let mut drawing = String::new();
    let paint_all = |drawing: &mut String| -> Drawn {
        let sheet = SVGBackend::with_string(drawing, (WIDTH, height)).into_drawing_area();
        let (top, rest) = sheet.split_vertically(TITLE);
        // A long title shrinks to fit; the back end cannot measure text, so a letter counts as 0.45 of its size.
        let size = (f64::from(WIDTH - 80) / (0.45 * title.chars().count().max(1) as f64)).clamp(16.0, 38.0);
        top.draw(&Text::new(title, (40, 44), text(size, Pos::new(HPos::Left, VPos::Center))))?;
        paint(&rest)?;
        sheet.present()
    };
    paint_all(&mut drawing).map_err(|error| Error::Io {
        path: format!("{title}.svg").into(),
        action: "draw",
        reason: std::io::Error::other(error.to_string()),
    })?;
    let body = drawing.split_once('>').map_or("", |(_, body)| body).trim_start();
    let head = html! { title { (title) } desc { (caption) } style { (PreEscaped(style(tones))) } };
    Ok(format!(
        "<svg class=\"attractor-figure\" role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">{}\n{body}",
        head.into_string()
    ))
}

/// A figure with paths on top, each of one colour: many shapes in few letters. Their edges are on whole pixels, and not
/// smoothed, so that neighbours leave no seam.
pub(super) fn with_paths(svg: &str, paths: &[(RGBColor, String)]) -> String {
    let drawn = paths.iter().filter(|(_, path)| !path.is_empty());
    let line = |(colour, path): &(RGBColor, String)| {
        format!("<path shape-rendering=\"crispEdges\" fill=\"{}\" d=\"{path}\"/>\n", hex(*colour))
    };
    on_top(svg, &drawn.map(line).collect::<String>())
}

/// A figure with more elements over it.
pub(super) fn on_top(svg: &str, elements: &str) -> String {
    svg.replacen("</svg>", &format!("{elements}</svg>"), 1)
}

/// How a colour is spelled.
pub(super) fn hex(RGBColor(r, g, b): RGBColor) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// Sans-serif text in ink.
pub(super) fn text(size: f64, anchor: Pos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK.light).pos(anchor)
}

/// The rules that swap each light colour for its dark face.
fn style(tones: &[Tone]) -> String {
    let (light, dark) = (hex(PAPER.light), hex(PAPER.dark));
    // Only a file opened by itself has this root; inside a page the page's own background shows through.
    let mut css =
        format!(".attractor-figure polyline{{stroke-linejoin:round}}svg.attractor-figure:root{{background:{light}}}");
    css.push_str("@media screen and (prefers-color-scheme:dark){");
    css.push_str(&format!("svg.attractor-figure:root{{background:{dark}}}"));
    for tone in [INK, GRID, PAPER].iter().chain(tones) {
        let (light, dark) = (hex(tone.light), hex(tone.dark));
        for property in ["fill", "stroke"] {
            css.push_str(&format!(".attractor-figure [{property}=\"{light}\"]{{{property}:{dark}}}"));
        }
    }
    css.push('}');
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_names_itself_and_escapes() {
        let svg = draw("a < b", "x & \"y\"", 300, &[], |_| Ok(())).expect("an empty figure is drawn");
        assert!(svg.contains("viewBox=\"0 0 1240 300\"") && !svg.contains(" width=\"1240\""));
        assert!(svg.contains("<title>a &lt; b</title>") && svg.contains("x &amp; "));
        assert!(svg.contains("prefers-color-scheme:dark") && svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn an_endless_title_is_still_drawn() {
        assert!(draw(&"kernel ".repeat(100), "", 300, &[], |_| Ok(())).is_ok());
    }
}
