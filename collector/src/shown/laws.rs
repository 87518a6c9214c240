//! What is shown hides nothing, and can be told back: no two texts look alike.

use proptest::prelude::*;

use super::*;

/// Ends of lines, escape sequences, bidi controls, what has no width, what joins, what looks like a space, what looks like an escape.
const TRICKS: [&str; 24] = [
    "\n",
    "\r",
    "\t",
    "\0",
    "\u{1b}[31m",
    "\u{1b}]0;title\u{7}",
    "\u{7f}",
    "\u{85}",
    "\u{9b}",
    "\u{a0}",
    "\u{ad}",
    "\u{200b}",
    "\u{200d}",
    "\u{200f}",
    "\u{202e}",
    "\u{2028}",
    "\u{2066}",
    "\u{feff}",
    "\u{fe0f}",
    "\u{301}",
    "\u{3164}",
    "\u{e0041}",
    "\\u{1b}",
    "  ",
];

fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<String>(),
        proptest::sample::select(&TRICKS[..]).prop_map(str::to_owned),
        "[ a-c\\\\u{}1]{0,6}"
    ];
    proptest::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_is_shown_is_seen_and_no_two_texts_look_alike(text in texts()) {
        for shown in [name(&text), line(&text)] {
            prop_assert!(shown.chars().all(is_seen), "{shown:?}");
            prop_assert_eq!(told(&shown), &*text);
        }
        let shown = name(&text);
        prop_assert!(!shown.chars().any(turns), "{:?}", shown);
        prop_assert!(!shown.starts_with(' ') && !shown.ends_with(' ') && !shown.contains("  "), "{:?}", shown);
    }

    #[test]
    fn json_says_the_same_with_nothing_hidden_in_it(text in texts()) {
        let value = serde_json::json!({&text: [&text, 1]});
        let written = json(serde_json::to_string_pretty(&value).unwrap());
        prop_assert!(written.chars().all(|char| char == '\n' || is_seen(char)), "{written:?}");
        prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}

#[test]
fn words_of_every_script_stay_as_they_are_and_tricks_do_not() {
    for text in ["shop/checkout", "a b", "größe", "検索", "поиск", "a\\b", "\"quoted\"", "it's", "…"] {
        assert_eq!(name(text), text);
    }
    for trick in TRICKS {
        assert!(name(trick).starts_with("\\u{"), "{trick:?}");
    }
    assert_eq!(name("red\u{1b}[31m\r\n1 all is well"), "red\\u{1b}[31m\\u{d}\\u{a}1 all is well");
    assert_eq!(name("a  b "), "a \\u{20}b\\u{20}");
    assert_eq!(name("\\u{1b}"), "\\u{5c}u{1b}");
}

#[test]
fn what_only_begins_like_an_escape_is_told_back_as_it_is() {
    for text in ["\\u{", "a\\u{1b", "\\u{zz}b", "\\u{d800}", "\\u{110000}"] {
        assert_eq!(told(text), text);
    }
}

#[test]
fn what_is_written_from_right_to_left_turns_nothing_about() {
    assert_eq!(name("shop/\u{5d0}\u{5d1} -> x"), "shop/\\u{5d0}\\u{5d1} -> x");
    for letter in
        ['\u{5d0}', '\u{627}', '\u{710}', '\u{7ca}', '\u{661}', '\u{fb2a}', '\u{fe8d}', '\u{10900}', '\u{1e900}']
    {
        assert!(line(&letter.to_string()).starts_with("\\u{"), "{letter:?}");
    }
    assert_eq!(json("\"\u{5d0}\"".to_owned()), "\"\\u05d0\"");
}

#[test]
fn a_name_among_words_is_one_word() {
    for plain in
        ["", "shop/checkout-v1", "*.example.com:443", "[fe80::1%eth0]:80", "spiffe://a/ns/b/sa/c?d=e", "größe", "a_b"]
    {
        assert_eq!(word(plain), plain);
    }
    for (text, shown) in [
        ("a b", r#""a b""#),
        ("a->b", r#""a->b""#),
        ("a\u{2192}b", "\"a\u{2192}b\""),
        ("v1,v2", r#""v1,v2""#),
        (r#"a" -> "b"#, r#""a\" -> \"b""#),
        (r"a\", r#""a\\""#),
        ("it's", r#""it's""#),
    ] {
        assert_eq!(word(text), shown);
    }
}

#[test]
fn data_is_drawn_with_each_text_and_key_in_it_shown() {
    let data = serde_json::json!({"a\n": [{"b": "c\u{202e}"}, 1.5, true, null]});
    let drawn = drawn(&data, ToString::to_string);
    assert_eq!(drawn, r#"{"a\\u{a}":[{"b":"c\\u{202e}"},1.5,true,null]}"#);
}
