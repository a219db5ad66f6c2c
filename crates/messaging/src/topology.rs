//! stub
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange { TicketEvents }
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue { DeskTicketEvents }
impl Queue { pub fn name(self) -> &'static str { "" } }
