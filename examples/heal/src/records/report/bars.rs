//! Stacked bars as inline SVG: upright over time, lying for shares. Every number that a bar shows stands in text too.

use maud::{Markup, html};

/// One coloured piece of a bar.
pub(super) struct Piece {
    /// The class that colours it.
    pub(super) class: &'static str,
    /// What it stands for, with its number, for whoever hovers or listens.
    pub(super) title: String,
    /// How much.
    pub(super) value: f64,
}

/// One bar.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) pieces: Vec<Piece>,
}

impl Bar {
    fn total(&self) -> f64 {
        self.pieces.iter().map(|piece| piece.value).sum()
    }
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
/// Room for the axis labels.
const LEFT: f64 = 40.0;
const BOTTOM: f64 = 20.0;
/// Bars of a short time would look like walls.
const WIDEST: f64 = 48.0;

/// Bars side by side, with a scale of whole numbers.
pub(super) fn upright(name: &str, bars: &[Bar]) -> Markup {
    let step = step(bars.iter().map(Bar::total).fold(1.0, f64::max));
    let top = bars.iter().map(Bar::total).fold(1.0, f64::max);
    let top = (top / step).ceil() * step;
    let y = |value: f64| 8.0 + (HEIGHT - 8.0) * (1.0 - value / top);
    let pitch = ((WIDTH - LEFT) / bars.len().max(1) as f64).min(WIDEST * 1.25);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + BOTTOM)) role="img" aria-label=(name) {
            @for tick in ticks(step, top) {
                line.grid x1=(LEFT) x2=(WIDTH) y1=(px(y(tick))) y2=(px(y(tick))) {}
                text.axis x=(LEFT - 6.0) y=(px(y(tick) + 4.0)) text-anchor="end" { (tick) }
            }
            @for (at, bar) in bars.iter().enumerate() {
                (column(bar, LEFT + pitch * (at as f64 + 0.1), pitch * 0.8, &y))
            }
            @for at in labelled(bars.len(), pitch) {
                text.axis x=(px(LEFT + pitch * (at as f64 + 0.5))) y=(HEIGHT + 15.0) text-anchor="middle" { (bars[at].label) }
            }
        }
    }
}

fn column(bar: &Bar, x: f64, width: f64, y: &dyn Fn(f64) -> f64) -> Markup {
    let mut below = 0.0;
    html! {
        @for piece in bar.pieces.iter().filter(|piece| piece.value > 0.0) {
            @let (lower, upper) = (y(below), y(below + piece.value));
            @let () = below += piece.value;
            rect class=(piece.class) x=(px(x)) y=(px(upper)) width=(px(width)) height=(px(lower - upper)) {
                title { (bar.label) ": " (piece.title) }
            }
        }
    }
}

/// A bar of the full width, cut by share; with a `scale`, as long as its part of it.
pub(super) fn lying(bar: &Bar, scale: Option<f64>) -> Markup {
    let whole = scale.unwrap_or_else(|| bar.total());
    let titles: Vec<&str> =
        bar.pieces.iter().filter(|piece| piece.value > 0.0).map(|piece| piece.title.as_str()).collect();
    let mut before = 0.0;
    html! {
        svg.lying viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=(format!("{}: {}", bar.label, titles.join(", "))) {
            @for piece in bar.pieces.iter().filter(|piece| piece.value > 0.0 && whole > 0.0) {
                @let (x, width) = (100.0 * before / whole, 100.0 * piece.value / whole);
                @let () = before += piece.value;
                rect class=(piece.class) x=(px(x)) y="0" width=(px(width)) height="6" { title { (piece.title) } }
            }
        }
    }
}

/// At most this many lines of a scale.
const TICKS: f64 = 4.0;

/// 1, 2 or 5 times a power of ten.
fn step(top: f64) -> f64 {
    let magnitude = 10_f64.powf((top / TICKS).log10().floor()).max(1.0);
    let fitting = [1.0, 2.0, 5.0].into_iter().map(|factor| factor * magnitude).find(|step| top / step <= TICKS);
    fitting.unwrap_or(10.0 * magnitude)
}

fn ticks(step: f64, top: f64) -> Vec<f64> {
    (0..=10).map(|n| step * f64::from(n)).take_while(|tick| *tick <= top).collect()
}

/// The bars whose labels fit beside each other.
fn labelled(bars: usize, pitch: f64) -> impl Iterator<Item = usize> {
    const LABEL: f64 = 80.0;
    let every = (LABEL / pitch).ceil().max(1.0) as usize;
    (0..bars).step_by(every)
}

/// Two decimals are finer than a pixel.
fn px(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_round_and_short() {
        for (top, expected) in [(1.0, 1.0), (3.0, 1.0), (5.0, 2.0), (9.0, 5.0), (40.0, 10.0), (41.0, 20.0), (1e5, 5e4)]
        {
            assert_eq!(step(top), expected, "{top}");
        }
        assert_eq!(ticks(2.0, 6.0), [0.0, 2.0, 4.0, 6.0]);
    }
}
