//! The machine: `update(&mut Model, Msg) -> Vec<Effect>`. Pure: no clock, no environment, no network; time comes
//! as a message, work leaves as an effect with a ticket.

mod act;
mod advised;
mod audit;
mod check;
mod command;
mod confirm;
mod edit;
mod effect;
mod fold;
mod form;
mod hints;
mod hit;
mod key;
mod keymap;
mod layout;
mod lore;
mod message;
mod model;
mod news;
mod offer;
mod over;
mod overlay;
mod pick;
mod remark;
mod screens;
mod toast;
mod tour;
mod update;
mod walk;

pub use advised::{asked as advice_asked, decide, option_barred, problem as ruled_out};
pub use audit::{Said, is_open as audit_is_open, lines as audit_lines, of as audit_of, said as audit_said};
pub use check::{Question, bucket_region, bucket_verdict, key_verdict, question, understood};
pub use command::{Command, Reason, available, is_chosen};
pub use confirm::{UNDONE, adopt as ask_adopt, apply as ask_apply, test as ask_test};
pub use effect::{Effect, Place, Task};
pub use fold::{Group, Row};
pub use form::{Form, FormLine, Stop, lines as form_lines, stops as form_stops};
pub use hints::{Hint, hints};
pub use hit::{Hit, hit};
pub use key::{Code, Key, Mouse, MouseKind, Size};
pub use keymap::{CommandInfo, Context, commands, contexts, info, resolve};
pub use layout::{
    Area, CAPTION_EDGE, FormAreas, Layout, LiveAreas, STEP_ROWS, Tier, apply_foot, form_areas, form_window, list_area,
    live_areas, panes, region_rows, solve, welcome_head, window,
};
pub use lore::{Lore, Of, advice_of, cluster_of, shared};
pub use message::{Gathered, Machine, Msg, News, Ticket};
pub use model::{Caption, Check, Load, Model, Owner, Setup};
pub use offer::{keys as offered_keys, of_space as offered_of_space};
pub use over::{confirm_buttons, overlay_area, overlay_list, why_rows};
pub use overlay::{Confirm, MenuKind, Offered, Overlay, PromptKind, Then};
pub use pick::{Match, Pick};
pub use remark::{Known, Remark, Tone, recommended, remarks};
pub use screens::{
    ClusterRow, ClusterScreen, LineState, LiveScreen, LiveTab, Pane, RegionLine, RegionState, ReviewScreen, RunLine,
    RunScreen, Seen, Welcome, answers_files, consented, ended, named, needs_lines, repeat, repeat_with,
};
pub use toast::{Level, Toast, Toasts};
pub use tour::{Part, Script, Steer, Tour, scripts};
pub use update::{start, start_live, update};
