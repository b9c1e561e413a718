//! What an answers file may weigh before a parser sees it (E20).
