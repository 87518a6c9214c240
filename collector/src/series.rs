//! A period as points over time: which stretch each point is of, and how a line of them looks in a terminal. What was counted in a
//! stretch is not known here.

pub mod sparkline;
pub mod steps;
