//! How a document grows: our own markup as it is, everything else escaped. Markup is `'static`, so no name that comes from outside can be it.

/// A document.
#[derive(Debug, Default)]
pub(super) struct Document {
    out: String,
}

impl Document {
    /// Markup.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Text within an element or an attribute in double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for char in text.chars() {
            match char {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                // HTML has no way to write them.
                '\0' | '\r' => self.out.push('\u{fffd}'),
                other => self.out.push(other),
            }
        }
        self
    }

    /// An element of that name, with a text in it.
    pub(super) fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.raw("<").raw(name).raw(">").text(text).raw("</").raw(name).raw(">\n")
    }

    /// A list; nothing where there are no entries.
    pub(super) fn list<T: AsRef<str>>(&mut self, entries: impl IntoIterator<Item = T>) {
        let mut entries = entries.into_iter().peekable();
        if entries.peek().is_none() {
            return;
        }
        self.raw("<ul>\n");
        for entry in entries {
            self.element("li", entry.as_ref());
        }
        self.raw("</ul>\n");
    }

    /// Terms and what they are.
    pub(super) fn terms(&mut self, terms: &[(&'static str, String)]) {
        self.raw("<dl>\n");
        for (term, said) in terms {
            self.element("dt", term).element("dd", said);
        }
        self.raw("</dl>\n");
    }

    /// A table whose first column names its rows; nothing where there are no rows.
    pub(super) fn table<const N: usize>(
        &mut self,
        caption: &str,
        head: [&'static str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return;
        }
        self.raw("<table>\n").element("caption", caption).raw("<thead><tr>");
        for name in head {
            self.raw("<th scope=\"col\">").raw(name).raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for (place, cell) in row.iter().enumerate() {
                let (open, close) = if place == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
                self.raw(open).text(cell).raw(close);
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table>\n");
    }

    /// What it came to.
    pub(super) fn into_text(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn no_name_is_markup() {
        let mut document = Document::default();
        document.table("a<b>", ["x"], [["\"><script>'&".to_owned()]]);
        let text = document.into_text();
        assert!(text.contains("&quot;&gt;&lt;script&gt;&#39;&amp;") && text.contains("a&lt;b&gt;"), "{text}");
        assert!(!text.contains("<script"), "{text}");
    }
}
