//! One field as a question: its words, and what an answer means.

use super::ask::stopped;
use crate::wizard::{Choice, Draft, Field, FieldKind};

/// The most values that are offered as a list.
const OFFERED: usize = 20;

/// A value that is offered for a text: the value, and what is known of it.
pub type Offer = (String, String);

/// What is said before a field is asked for: its hint, and what can be chosen by number.
pub fn words(field: &Field, offers: &[Offer]) -> Vec<String> {
    let mut out = vec![format!("{}: {}", field.label, stopped(&field.hint))];
    for (number, option) in (1..).zip(&field.options) {
        let cannot = match option.cannot.as_str() {
            "" => String::new(),
            why => format!(" It cannot be chosen: {}", stopped(why)),
        };
        out.push(format!("{number}. {}: {}{cannot}", option.title, stopped(&option.about)));
    }
    for (number, (value, about)) in (1..).zip(offers.iter().take(OFFERED)) {
        let about = if about.is_empty() { String::new() } else { format!(", {about}") };
        out.push(format!("{number}. {value}{about}"));
    }
    if offers.len() > OFFERED {
        out.push(format!("There are {} others; write the name of one.", offers.len() - OFFERED));
    }
    out
}

/// The question, with what holds while nothing is answered.
pub fn question(field: &Field, draft: &Draft) -> String {
    let value = draft.value(&field.path);
    let number = |value: &str| (1..).zip(&field.options).find(|(_, option)| option.value == value);
    let holds = match field.kind {
        FieldKind::Choice => number(&value).map_or(value, |(at, option)| format!("{at}, {}", option.title)),
        FieldKind::Many => {
            let list = draft.list(&field.path);
            let titles = list.iter().map(|value| number(value).map_or(value.as_str(), |(_, option)| &option.title));
            titles.collect::<Vec<_>>().join(", ")
        }
        FieldKind::Flag if value == "true" => "yes".to_owned(),
        FieldKind::Flag if value == "false" => "no".to_owned(),
        _ => value,
    };
    let many = if field.kind == FieldKind::Many { ", numbers joined by commas, or none" } else { "" };
    match holds.as_str() {
        "" => format!("{}{many} [{}]:", field.label, if field.kind == FieldKind::Many { "none" } else { "nothing" }),
        holds => format!("{}{many} [{holds}]:", field.label),
    }
}

/// The text that an answer puts into a field.
///
/// # Errors
/// Why it cannot: no such number, or an option that this version cannot do.
pub fn read(field: &Field, offers: &[Offer], answer: &str) -> Result<String, String> {
    if answer.is_empty() {
        return Ok(String::new());
    }
    match field.kind {
        FieldKind::Choice => option(field, answer).map(|option| option.value.clone()),
        FieldKind::Many | FieldKind::List if answer.eq_ignore_ascii_case("none") => Ok(String::new()),
        FieldKind::Many => {
            let parts = answer.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
            let values: Result<Vec<&str>, String> =
                parts.map(|part| option(field, part).map(|option| option.value.as_str())).collect();
            Ok(values?.join(","))
        }
        FieldKind::Flag => match answer.to_lowercase().as_str() {
            "y" | "yes" | "true" => Ok("true".to_owned()),
            "n" | "no" | "false" => Ok("false".to_owned()),
            _ => Err("Answer yes or no.".to_owned()),
        },
        FieldKind::List => {
            let listed = offers.get(..offers.len().min(OFFERED)).unwrap_or_default();
            let value = |part: &str| {
                let chosen = part.parse::<usize>().ok().and_then(|number| listed.get(number.checked_sub(1)?));
                chosen.map_or_else(|| part.to_owned(), |(value, _)| value.clone())
            };
            let parts = answer.split(',').map(str::trim).filter(|part| !part.is_empty());
            Ok(parts.map(value).collect::<Vec<_>>().join(","))
        }
        FieldKind::Text | FieldKind::Number | FieldKind::Pairs => {
            let listed = offers.get(..offers.len().min(OFFERED)).unwrap_or_default();
            let chosen = answer.parse::<usize>().ok().and_then(|number| listed.get(number.checked_sub(1)?));
            Ok(chosen.map_or_else(|| answer.to_owned(), |(value, _)| value.clone()))
        }
    }
}

/// The option of a number, value or title, if it can be chosen.
fn option<'a>(field: &'a Field, answer: &str) -> Result<&'a Choice, String> {
    let by_number = answer.parse::<usize>().ok().and_then(|number| field.options.get(number.checked_sub(1)?));
    let named = |option: &&Choice| option.value == answer || option.title.eq_ignore_ascii_case(answer);
    match by_number.or_else(|| field.options.iter().find(named)) {
        None => Err(format!("{answer} is none of them; answer a number from 1 to {}.", field.options.len())),
        Some(option) if !option.cannot.is_empty() => {
            Err(format!("{} cannot be chosen: {}", option.title, stopped(&option.cannot)))
        }
        Some(option) => Ok(option),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::wizard::field;

    #[test]
    fn a_choice_is_taken_by_number_value_or_title_and_what_cannot_be_is_refused_with_the_reason() {
        let mut tool = field("tool").unwrap().clone();
        tool.options[1].cannot = "it is not there yet".to_owned();
        let tool = &tool;
        for answer in ["1", "velero", "Velero", "VELERO"] {
            assert_eq!(read(tool, &[], answer).unwrap(), "velero");
        }
        assert_eq!(read(tool, &[], "2").unwrap_err(), "Rancher Backup cannot be chosen: it is not there yet.");
        for answer in ["0", "4", "-1", "99999999999999999999", "floppy"] {
            assert!(read(tool, &[], answer).unwrap_err().contains("from 1 to 3"), "{answer}");
        }
        assert!(words(tool, &[])[2].ends_with("It cannot be chosen: it is not there yet."));
    }

    #[test]
    fn many_are_taken_together_and_said_by_their_titles() {
        let volumes = field("velero.features").unwrap();
        let mut draft = Draft::default();
        assert!(question(volumes, &draft).ends_with("[none]:"));
        draft.set(&volumes.path, &read(volumes, &[], "3, 1").unwrap());
        assert_eq!(draft.text(&volumes.path), "csi,file-system-backup");
        assert!(question(volumes, &draft).ends_with("[CSI snapshots, File system backup]:"));
        assert_eq!(read(volumes, &[], "none").unwrap(), "");
        assert!(read(volumes, &[], "1,9").is_err());
    }

    #[test]
    fn an_offered_value_is_taken_by_its_number() {
        let name = field("bucket.name").unwrap();
        let offers: Vec<Offer> = (1..=30).map(|n| (format!("acme-{n}"), String::new())).collect();
        assert_eq!(read(name, &offers, "2").unwrap(), "acme-2");
        assert_eq!(read(name, &offers, "25").unwrap(), "25", "only what is listed has a number");
        assert_eq!(words(name, &offers).last().unwrap(), "There are 10 others; write the name of one.");
    }
}
