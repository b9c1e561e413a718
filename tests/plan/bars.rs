//! Bars B3 to B7 of the policies.
