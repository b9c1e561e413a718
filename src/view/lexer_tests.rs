use super::*;
use Role::{CodeComment, CodeKey, CodeNumber, CodePunctuation, CodeString, Text};
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case("policy.json", Language::Json)]
#[case("values.YAML", Language::Yaml)]
#[case("location.yml", Language::Yaml)]
#[case("commands.sh", Language::Shell)]
#[case("trust.diff", Language::Diff)]
#[case("README", Language::Plain)]
fn a_file_s_ending_says_its_language(#[case] file: &str, #[case] expected: Language) {
    assert_eq!(Language::of(file), expected);
}

#[rstest]
#[case(
    r#"  "Effect": "Allow", "n": -1.5e3 }"#,
    &[
        (CodePunctuation, "  "), (CodeKey, r#""Effect""#), (CodePunctuation, ": "), (CodeString, r#""Allow""#),
        (CodePunctuation, ", "), (CodeKey, r#""n""#), (CodePunctuation, ": "), (CodeNumber, "-1.5e3"),
        (CodePunctuation, " }"),
    ]
)]
#[case(r#"["a\"b", null]"#, &[
    (CodePunctuation, "["), (CodeString, r#""a\"b""#), (CodePunctuation, ", "), (CodeNumber, "null"),
    (CodePunctuation, "]"),
])]
#[case(r#""open"#, &[(CodeString, r#""open"#)])]
fn json_is_keys_texts_numbers_and_punctuation(#[case] line: &str, #[case] expected: &[Span<'_>]) {
    assert_eq!(Language::Json.spans(line), expected);
}

#[rstest]
#[case("  - name: prod # ours", &[
    (CodePunctuation, "  - "), (CodeKey, "name"), (CodePunctuation, ": "), (CodeString, "prod"), (CodeComment, " # ours"),
])]
#[case("replicas: 2", &[(CodeKey, "replicas"), (CodePunctuation, ": "), (CodeNumber, "2")])]
#[case("metadata:", &[(CodeKey, "metadata"), (CodePunctuation, ":")])]
#[case(r#"role: "arn:aws:iam::1:role/a #b""#, &[
    (CodeKey, "role"), (CodePunctuation, ": "), (CodeString, r#""arn:aws:iam::1:role/a #b""#),
])]
#[case(r#""eks: x": y"#, &[(CodeKey, r#""eks: x""#), (CodePunctuation, ": "), (CodeString, "y")])]
#[case("- s3://acme/prod", &[(CodePunctuation, "- "), (CodeString, "s3://acme/prod")])]
#[case("# a comment: no key", &[(CodeComment, "# a comment: no key")])]
#[case("args: [\"--v\", 2]", &[
    (CodeKey, "args"), (CodePunctuation, ": "), (CodePunctuation, "["), (CodeString, "\"--v\""),
    (CodePunctuation, ", "), (CodeNumber, "2"), (CodePunctuation, "]"),
])]
#[case("text: |", &[(CodeKey, "text"), (CodePunctuation, ": "), (CodePunctuation, "|")])]
#[case("---", &[(CodePunctuation, "---")])]
fn yaml_is_keys_values_and_comments(#[case] line: &str, #[case] expected: &[Span<'_>]) {
    assert_eq!(Language::Yaml.spans(line), expected);
}

#[rstest]
#[case("aws sts get-caller-identity # who", &[(Text, "aws sts get-caller-identity "), (CodeComment, "# who")])]
#[case("echo 'a # b' \"c # d\" e#f", &[(Text, "echo 'a # b' \"c # d\" e#f")])]
#[case("# all", &[(CodeComment, "# all")])]
fn commands_are_plain_and_their_comments_are_not(#[case] line: &str, #[case] expected: &[Span<'_>]) {
    assert_eq!(Language::Shell.spans(line), expected);
}

#[rstest]
#[case("+new", Role::Add)]
#[case("-old", Role::Remove)]
#[case(" same", Role::Text)]
#[case("+++ b", Role::Label)]
#[case("@@ -1 +1 @@", Role::Info)]
#[case("", Role::Text)]
fn a_difference_says_what_comes_and_what_goes(#[case] line: &str, #[case] expected: Role) {
    assert_eq!(diff(line), expected);
}

proptest! {
    #[test]
    fn the_spans_together_are_the_line(
        line in prop_oneof!["[ -]{0,4}[a-z\"'#:{}\\[\\],0-9 \\\\é日-]{0,30}", ".{0,40}", "[\"'\\\\#: é-]{0,12}"]
    ) {
        for language in [Language::Json, Language::Yaml, Language::Shell, Language::Diff, Language::Plain] {
            let together: String = language.spans(&line).into_iter().map(|(_, text)| text).collect();
            prop_assert_eq!(&together, &line, "{:?}", language);
        }
    }
}
