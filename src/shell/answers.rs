//! Reading an answers file and the values file that it names.

use crate::plan::answers::{Answers, Problem, Problems};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file that is read, bytes (E20).
const LIMIT: u64 = 1024 * 1024;

/// Reads, parses, and makes its paths absolute.
///
/// # Errors
/// All problems of the file together.
pub fn read(path: &Path) -> Result<Answers, Problems> {
    let text = text(path, "answers")?;
    let mut answers = Answers::parse(&text)?;
    complete(&mut answers, &path.parent().map(Path::to_path_buf).unwrap_or_default())?;
    Ok(answers)
}

/// Reads the values file that answers name and makes their paths absolute; relative ones start at `folder`, where
/// the answers file is.
///
/// # Errors
/// What is wrong with the values file, and what this version does not set up.
pub fn complete(answers: &mut Answers, folder: &Path) -> Result<(), Problems> {
    if !answers.install.values.is_empty() {
        let file = folder.join(&answers.install.values);
        let values = self::text(&file, "install.values")?;
        let values: serde_json::Value = serde_yaml::from_str(&values).map_err(|error| {
            one("install.values", &format!("{} is not YAML", file.display()), &error.to_string(), "")
        })?;
        if !values.is_object() && !values.is_null() {
            return Err(one(
                "install.values",
                &format!("{} holds no map of values", file.display()),
                "helm takes a map",
                "",
            ));
        }
        answers.user_values = values.is_object().then_some(values);
    }
    answers.install.chart = chart(folder, &answers.install.chart, answers.tool.chart());
    Ok(())
}

/// A chart that is a file or folder, relative to the answers file; a folder of charts by name becomes the one.
fn chart(folder: &Path, chart: &str, name: &str) -> String {
    if chart.is_empty() || chart.contains("://") {
        return chart.to_owned();
    }
    let path = folder.join(chart);
    let path = if !path.join("Chart.yaml").exists() && path.join(name).join("Chart.yaml").exists() {
        path.join(name)
    } else {
        path
    };
    let absolute: PathBuf = std::path::absolute(&path).unwrap_or(path);
    absolute.to_string_lossy().into_owned()
}

fn text(path: &Path, field: &str) -> Result<String, Problems> {
    let failed = |why: &str, todo: &str| one(field, &format!("{} cannot be read", path.display()), why, todo);
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => failed("there is no such file", "Check the path"),
        std::io::ErrorKind::IsADirectory => failed("it is a folder", "Name the file in it"),
        _ => failed(&error.to_string(), "Check who may read it"),
    };
    let file = std::fs::File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > LIMIT {
        return Err(failed("it is larger than 1 MiB", "Check that this is the file you mean"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count() + 1;
        failed(&format!("line {line} is not UTF-8"), "Save it as UTF-8")
    })
}

fn one(field: &str, what: &str, why: &str, todo: &str) -> Problems {
    Problems(vec![Problem::new(field, what, why, todo)])
}
