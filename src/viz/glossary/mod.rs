//! The glossary: every quantity and mark that the window names. One table, to which the view Metrics adds its definitions: see
//! [`glossary`](super::views::glossary).

pub(crate) mod entry;
pub(in crate::viz) mod terms;
