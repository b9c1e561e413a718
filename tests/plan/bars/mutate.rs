//! B6: a document with one thing taken out.

use serde_json::Value;

/// The document without one action, one resource or one of a condition's several values, each by its name.
pub fn grants(text: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(text).unwrap();
    let statements = document["Statement"].as_array().unwrap();
    let mut out = Vec::new();
    for (n, statement) in statements.iter().enumerate() {
        for field in ["Action", "Resource"] {
            for taken in list(&statement[field]) {
                let mut document = document.clone();
                without(&mut document["Statement"][n][field], &taken);
                if document["Statement"][n][field] == Value::Array(Vec::new()) {
                    document["Statement"].as_array_mut().unwrap().remove(n);
                }
                out.push((format!("{n} {field} {taken}"), document.to_string()));
            }
        }
        for (operator, key) in keys(statement) {
            let values = list(&statement["Condition"][&operator][&key]);
            for taken in values.iter().filter(|_| values.len() > 1) {
                let mut document = document.clone();
                without(&mut document["Statement"][n]["Condition"][&operator][&key], taken);
                out.push((format!("{n} {key} {taken}"), document.to_string()));
            }
        }
    }
    out
}

/// The document without one condition.
pub fn conditions(text: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(text).unwrap();
    let mut out = Vec::new();
    for (n, statement) in document["Statement"].as_array().unwrap().iter().enumerate() {
        for (operator, key) in keys(statement) {
            let mut document = document.clone();
            document["Statement"][n]["Condition"][&operator].as_object_mut().unwrap().remove(&key);
            out.push((format!("{n} {operator} {key}"), document.to_string()));
        }
    }
    out
}

fn keys(statement: &Value) -> Vec<(String, String)> {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let pairs = operators
        .flat_map(|(operator, keys)| keys.as_object().unwrap().keys().map(move |key| (operator.clone(), key.clone())));
    pairs.collect()
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(list) => list.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        other => panic!("{other}"),
    }
}

fn without(value: &mut Value, taken: &str) {
    let left = list(value).into_iter().filter(|one| one != taken).map(Value::String).collect();
    *value = Value::Array(left);
}
