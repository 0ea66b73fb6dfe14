//! Markdown as HTML, with everything escaped.

use std::fmt::Write as _;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::markdown::{SYMBOL, events};
use crate::paint::escape;
use crate::viz::draw::formula::svg::svg;
use crate::viz::draw::formula::typeset::Typeset;

/// The text as elements of HTML.
pub(super) fn html(source: &str) -> String {
    let mut out = String::new();
    // The end of each open link or picture.
    let mut ends: Vec<&str> = Vec::new();
    for event in events(source) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                ends.push(link(&mut out, &dest_url));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => out.push_str(ends.pop().unwrap_or_default()),
            // A string takes all that is written to it.
            Event::Start(Tag::List(Some(first))) if first != 1 => _ = writeln!(out, "<ol start=\"{first}\">"),
            Event::Start(tag) => {
                if let Some(name) = element(tag.to_end()) {
                    _ = write!(out, "<{name}>");
                }
            }
            Event::End(tag) => {
                if let Some(name) = element(tag) {
                    let is_block = !["strong", "em"].contains(&name.as_str());
                    _ = write!(out, "</{name}>");
                    out.push_str(if is_block { "\n" } else { "" });
                }
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) | Event::FootnoteReference(text) => {
                escape(&mut out, &text);
            }
            Event::Code(text) => {
                out.push_str("<code>");
                escape(&mut out, &text);
                out.push_str("</code>");
            }
            Event::InlineMath(tex) => formula(&mut out, &tex, false),
            Event::DisplayMath(tex) => formula(&mut out, &tex, true),
            Event::SoftBreak => out.push('\n'),
            Event::HardBreak => out.push_str("<br>\n"),
            Event::Rule => out.push_str("<hr>\n"),
            Event::TaskListMarker(is_done) => out.push_str(if is_done { "☑ " } else { "☐ " }),
        }
    }
    out
}

/// The name of the element for a part of the text.
fn element(tag: TagEnd) -> Option<String> {
    let name = match tag {
        TagEnd::Paragraph => "p",
        TagEnd::Heading(level) => return Some(level.to_string()),
        TagEnd::BlockQuote(_) => "blockquote",
        TagEnd::CodeBlock => "pre",
        TagEnd::List(true) => "ol",
        TagEnd::List(false) => "ul",
        TagEnd::Item => "li",
        TagEnd::Emphasis => "em",
        TagEnd::Strong => "strong",
        _ => return None,
    };
    Some(name.to_owned())
}

/// Begins a link and gives its end. Only addresses of the web become links of HTML.
fn link(out: &mut String, destination: &str) -> &'static str {
    let symbol = destination.strip_prefix(SYMBOL);
    let is_address = ["https://", "http://"].iter().any(|scheme| destination.starts_with(scheme));
    out.push_str(match symbol {
        Some(_) => "<span class=\"symbol\" title=\"",
        None if is_address => "<a href=\"",
        None => "<span class=\"claim\" title=\"",
    });
    escape(out, symbol.unwrap_or(destination));
    out.push_str("\">");
    if is_address { "</a>" } else { "</span>" }
}

fn formula(out: &mut String, tex: &str, is_display: bool) {
    let tex = tex.trim();
    if is_display {
        out.push_str("<span class=\"formula\" style=\"display:block;text-align:center\">");
    }
    match Typeset::of(tex, is_display) {
        Ok(typeset) => out.push_str(&svg(&typeset, escape)),
        Err(reason) => {
            out.push_str("<code class=\"error\" title=\"");
            escape(out, &reason);
            out.push_str("\">");
            escape(out, tex);
            out.push_str("</code>");
        }
    }
    out.push_str(if is_display { "</span>" } else { "" });
}
