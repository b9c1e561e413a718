//! A list that is filtered by typing: matches are ranked and marked, the cursor stays on its item.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32String};
use tui_input::Input;

/// The most characters that are looked for.
const NEEDLE: usize = 256;

/// One match of the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The item's index in the list.
    pub item: usize,
    /// The characters of its text that match, by index.
    pub marks: Vec<u32>,
}

/// Texts, a filter over them, and a cursor.
#[derive(Debug, Clone, Default)]
pub struct Pick {
    texts: Vec<Utf32String>,
    /// The filter.
    pub query: Input,
    matches: Vec<u32>,
    cursor: usize,
}

impl Pick {
    /// The texts; the filter and, where its item is still there, the cursor stay.
    pub fn set(&mut self, texts: impl IntoIterator<Item = String>) {
        let on = self.chosen();
        self.texts = texts.into_iter().map(Utf32String::from).collect();
        self.filter();
        if let Some(on) = on {
            self.put_on(on);
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// How many match.
    pub fn count(&self) -> usize {
        self.matches.len()
    }

    /// The item at a place among the matches.
    pub fn item(&self, place: usize) -> Option<usize> {
        self.matches.get(place).map(|item| *item as usize)
    }

    /// The cursor's place among the matches.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The item under the cursor.
    pub fn chosen(&self) -> Option<usize> {
        self.item(self.cursor)
    }

    /// Moves the cursor by so many places; it stops at the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.matches.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// Puts the cursor on a place among the matches.
    pub fn place(&mut self, place: usize) {
        self.cursor = place.min(self.matches.len().saturating_sub(1));
    }

    /// Puts the cursor on an item, where it matches.
    pub fn put_on(&mut self, item: usize) {
        if let Some(place) = self.matches.iter().position(|there| *there as usize == item) {
            self.cursor = place;
        }
    }

    /// Filters anew after the query changed; the best match is under the cursor.
    pub fn query_changed(&mut self) {
        self.filter();
        self.cursor = 0;
    }

    /// What is looked for. No name is longer than that, and the matcher counts its scores in 16 bits.
    fn needle(&self) -> String {
        self.query.value().trim().chars().take(NEEDLE).collect()
    }

    fn filter(&mut self) {
        let query = self.needle();
        if query.is_empty() {
            self.matches = (0..u32::try_from(self.texts.len()).unwrap_or(u32::MAX)).collect();
        } else {
            let mut matcher = Matcher::new(Config::DEFAULT);
            let pattern = Pattern::parse(&query, CaseMatching::Ignore, Normalization::Smart);
            let mut scored: Vec<(u32, u32)> = Vec::new();
            for (index, text) in (0u32..).zip(&self.texts) {
                if let Some(score) = pattern.score(text.slice(..), &mut matcher) {
                    scored.push((score, index));
                }
            }
            scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            self.matches = scored.into_iter().map(|(_, index)| index).collect();
        }
        self.cursor = self.cursor.min(self.matches.len().saturating_sub(1));
    }

    /// The matches at some places, with the characters that match: only for what is drawn.
    pub fn shown(&self, places: std::ops::Range<usize>) -> Vec<Match> {
        let query = self.needle();
        // It holds large tables: one serves all rows.
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&query, CaseMatching::Ignore, Normalization::Smart);
        let visible = self.matches.get(places.start..places.end.min(self.matches.len())).unwrap_or_default();
        let mut out = Vec::with_capacity(visible.len());
        for item in visible.iter().map(|item| *item as usize) {
            let Some(text) = self.texts.get(item) else { continue };
            let mut marks = Vec::new();
            if !query.is_empty() {
                pattern.indices(text.slice(..), &mut matcher, &mut marks);
                marks.sort_unstable();
                marks.dedup();
            }
            out.push(Match { item, marks });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tui_input::InputRequest;

    fn pick(query: &str) -> Pick {
        let mut pick = Pick::default();
        pick.set(["prod us-east-1", "staging us-east-1", "dr us-west-2", "legacy us-west-2"].map(str::to_owned));
        for c in query.chars() {
            pick.query.handle(InputRequest::InsertChar(c));
        }
        pick.query_changed();
        pick
    }

    #[test]
    fn tui_row_13_typing_filters_and_marks_what_matches() {
        let pick = pick("west");
        assert_eq!((pick.count(), pick.len()), (2, 4));
        let shown = pick.shown(0..10);
        assert_eq!(shown[0].marks.len(), 4, "{shown:?}");
        assert_eq!(super::super::pick::tests::pick("").count(), 4);
        assert_eq!(super::super::pick::tests::pick("zzz").chosen(), None);
    }

    #[test]
    fn e26_a_filter_of_any_length_over_a_name_of_any_length_is_a_match() {
        let mut pick = Pick::default();
        pick.set(["x".repeat(5_000)]);
        pick.query = Input::new("x".repeat(4_096));
        pick.query_changed();
        assert_eq!((pick.count(), pick.shown(0..1)[0].marks.len()), (1, NEEDLE));
    }

    #[test]
    fn the_cursor_stays_on_its_item_when_more_arrive() {
        let mut pick = pick("");
        pick.step(2);
        assert_eq!(pick.chosen(), Some(2));
        pick.set(["prod us-east-1", "staging us-east-1", "dr us-west-2", "x", "y"].map(str::to_owned));
        assert_eq!(pick.chosen(), Some(2));
        pick.step(-100);
        assert_eq!(pick.chosen(), Some(0));
        pick.step(100);
        assert_eq!(pick.chosen(), Some(4));
    }
}
