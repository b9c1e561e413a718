//! The loop: waits for a key, a report, a signal or the time, tells the machine, does what it asks for, and draws
//! once when anything changed. While nothing happens nothing is done: no byte, no cycle.

use super::background::{self, Background};
use super::draft::Keeper;
use super::effects::{Jobs, NOBODY};
use super::looks::Looks;
use super::screen::Screen;
use super::signals::{Signals, Told};
use super::terminal::{self, Guard};
use super::{input, outside, save};
use crate::app::{self, Effect, Level, Model, Msg, News, Size, Ticket};
use crate::domain::Shown;
use crate::ports::Answer;
use crate::view;
use crossterm::event::{Event, EventStream};
use futures::StreamExt as _;
use ratatui::Terminal;
use std::io;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(10);
/// The most messages that are taken before a frame has its turn.
const BATCH: usize = 256;

/// The terminal as it is drawn on.
pub type Canvas = Terminal<Screen<fn(&[u8]) -> io::Result<()>>>;

/// The wizard on its terminal.
pub struct Wizard<'a> {
    /// The machine's state.
    pub model: Model,
    /// What it asked for when it was started.
    pub first: Vec<Effect>,
    /// The terminal's keeper.
    pub guard: &'a Guard,
    /// What is drawn on.
    pub canvas: &'a mut Canvas,
    /// The theme.
    pub looks: &'a mut Looks,
    /// The tasks under way.
    pub jobs: Jobs,
    /// The draft's keeper.
    pub keeper: &'a Keeper,
    /// Reports of tasks.
    pub heard: UnboundedReceiver<Msg>,
    /// Where reports go.
    pub say: UnboundedSender<Msg>,
    /// Signals.
    pub signals: &'a mut Signals,
}

/// How it ended.
pub struct Ended {
    /// The exit code.
    pub code: u8,
    /// The last state.
    pub model: Model,
}

/// What moves besides the model.
struct Hands {
    /// What the terminal says; none only while the reader is changed.
    events: Option<EventStream>,
    background: Background,
    /// Whether the screen is not as the model is.
    dirty: bool,
    drawn: Instant,
    /// The exit code that the machine gave.
    quit: Option<u8>,
    /// The first signal that asked for the end, its exit code.
    signal: Option<u8>,
    /// Whether to leave at once.
    now: bool,
}

impl Hands {
    /// The terminal's next event.
    async fn next(&mut self) -> Option<io::Result<Event>> {
        match &mut self.events {
            Some(events) => events.next().await,
            None => None,
        }
    }
}

/// What ended the wait.
enum Woken {
    Messages(Vec<Msg>),
    Told(Told),
    Time,
    Lost,
}

impl Wizard<'_> {
    /// Runs until the machine quits or a signal ends it; a run that changes things is stopped first and its end
    /// awaited. A second signal leaves at once.
    pub async fn run(mut self) -> Ended {
        let asks = self.looks.asks() && terminal::write(background::ASK).is_ok();
        let mut hands = Hands {
            events: Some(EventStream::new()),
            background: Background::new(asks),
            dirty: true,
            drawn: Instant::now(),
            quit: None,
            signal: None,
            now: false,
        };
        let first = std::mem::take(&mut self.first);
        self.perform(first, &mut hands).await;
        while !self.over(&hands) {
            if let Some(screen) = self.draw_if_due(&mut hands) {
                self.guide(screen, &mut hands).await;
            }
            match self.wait(&mut hands).await {
                Woken::Messages(list) => self.tell(list, &mut hands).await,
                Woken::Told(told) => self.signal(told, &mut hands).await,
                Woken::Time => {}
                Woken::Lost => hands.now = true,
            }
        }
        Ended { code: self.code(&hands), model: self.model }
    }

    /// Whether it is over: asked for, and no run goes on.
    fn over(&self, hands: &Hands) -> bool {
        hands.now || ((hands.quit.is_some() || hands.signal.is_some()) && !self.jobs.runs())
    }

    /// What was changed and is not complete wins (3), then the signal, then what the machine says.
    fn code(&self, hands: &Hands) -> u8 {
        match (hands.quit, hands.signal) {
            _ if self.jobs.runs() => 3,
            (Some(3), _) => 3,
            (_, Some(code)) | (Some(code), None) => code,
            // The terminal is gone.
            (None, None) => 129,
        }
    }

    /// Waits; a frame that is due is time, and so is what moves on the screen.
    async fn wait(&mut self, hands: &mut Hands) -> Woken {
        let now = Instant::now();
        let frame = hands.dirty.then(|| hands.drawn + FRAME);
        let moves = self.model.moves().map(|millis| hands.drawn + Duration::from_millis(millis));
        let due = [frame, moves].into_iter().flatten().min().map(|due| due.max(now));
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            told = self.signals.next() => Woken::Told(told),
            event = hands.next() => match event {
                Some(Ok(event)) => Woken::Messages(self.more(input::message(event), hands).await),
                Some(Err(_)) | None => Woken::Lost,
            },
            Some(msg) = self.heard.recv() => Woken::Messages(self.more(Some(msg), hands).await),
            () = sleep => {
                // Something moves: the time is told and the screen drawn anew.
                hands.dirty |= moves.is_some_and(|moves| moves <= Instant::now());
                Woken::Time
            }
        }
    }

    /// All that is there already, so that a storm is one frame.
    async fn more(&mut self, first: Option<Msg>, hands: &mut Hands) -> Vec<Msg> {
        let mut list: Vec<Msg> = first.into_iter().collect();
        // Asked with this task's own waker: the stream keeps the first that it is given, and wakes no other.
        while list.len() < BATCH
            && let Poll::Ready(Some(Ok(event))) = futures::poll!(std::pin::pin!(hands.next()))
        {
            list.extend(input::message(event));
        }
        while list.len() < BATCH
            && let Ok(msg) = self.heard.try_recv()
        {
            list.push(msg);
        }
        list
    }

    /// Tells the machine, the time first, and does what it asks for.
    async fn tell(&mut self, list: Vec<Msg>, hands: &mut Hands) {
        app::update(&mut self.model, Msg::Now(now()));
        for msg in list {
            let (left, dark) = hands.background.take(msg);
            if let Some(dark) = dark {
                self.looks.learn(dark);
                self.model.theme = Shown::new(self.looks.theme.name());
                hands.dirty = true;
            }
            for msg in left {
                self.tell_one(msg, hands).await;
            }
        }
    }

    async fn tell_one(&mut self, msg: Msg, hands: &mut Hands) {
        hands.dirty = true;
        let msg = match msg {
            Msg::Ended(ticket) => {
                self.jobs.ended(ticket);
                Msg::Ended(ticket)
            }
            Msg::News(NOBODY, news) => return self.said(*news),
            msg => msg,
        };
        let effects = app::update(&mut self.model, msg);
        self.perform(effects, hands).await;
    }

    /// What is about no task: said as it is.
    fn said(&mut self, news: News) {
        match news {
            News::Done(Ok(what)) => self.model.say(Level::Good, what),
            News::Done(Err(trouble)) => self.model.trouble(&trouble),
            _ => {}
        }
    }

    async fn signal(&mut self, told: Told, hands: &mut Hands) {
        match told {
            Told::End(number) => {
                hands.now = hands.signal.is_some();
                hands.signal = Some(128_u8.saturating_add(number));
                self.tell(vec![Msg::Terminate], hands).await;
                self.jobs.stop_all();
            }
            Told::Stop => self.suspend(hands).await,
            // It was stopped from outside, unasked: the shell may have changed the terminal.
            Told::Continued => {
                terminal::restore();
                self.back(hands).await;
            }
        }
    }

    async fn perform(&mut self, effects: Vec<Effect>, hands: &mut Hands) {
        for effect in effects {
            match effect {
                Effect::Start(ticket, task) => self.jobs.start(ticket, *task),
                Effect::Cancel(ticket) => self.jobs.cancel(ticket),
                Effect::Stop(ticket) => self.jobs.stop(ticket),
                Effect::Again(ticket) => self.jobs.again(ticket),
                Effect::Keep(text) => self.keeper.keep(text),
                Effect::Forget => self.keeper.forget(),
                Effect::Copy(what, text) => self.said(News::Done(outside::copy(&text, &what))),
                Effect::Answers(files) => {
                    save::answers(self.model.setup.answers_folder.clone(), files, self.say.clone());
                }
                Effect::Save { ticket, folder, files, over } => {
                    save::save(ticket, folder, files, over, self.say.clone());
                }
                Effect::Edit(ticket, name, text) => self.edit(ticket, &name, &text, hands).await,
                Effect::Page(text) => self.page(&text, hands).await,
                Effect::Title(text) => terminal::title(&text),
                Effect::Bell => terminal::bell(),
                Effect::Theme => {
                    self.looks.next();
                    self.model.theme = Shown::new(self.looks.theme.name());
                }
                Effect::Suspend => self.suspend(hands).await,
                Effect::Redraw => self.repaint(hands),
                Effect::Quit(code) => {
                    hands.quit = Some(code);
                    self.jobs.stop_all();
                }
            }
        }
    }

    async fn edit(&mut self, ticket: Ticket, name: &str, text: &str, hands: &mut Hands) {
        lend(hands);
        let edited = outside::edit(name, text, self.signals).await;
        self.back(hands).await;
        for msg in [Msg::News(ticket, Box::new(News::Edited(edited))), Msg::Ended(ticket)] {
            let _ = self.say.send(msg);
        }
    }

    async fn page(&mut self, text: &str, hands: &mut Hands) {
        lend(hands);
        let shown: Answer<()> = outside::page(text, self.signals).await;
        self.back(hands).await;
        if let Err(trouble) = shown {
            self.model.trouble(&trouble);
        }
    }

    async fn suspend(&mut self, hands: &mut Hands) {
        if terminal::suspend() {
            self.signals.forget();
            self.back(hands).await;
        }
    }

    /// The terminal is ours again: it may have another size, and nothing is known of what it shows.
    async fn back(&mut self, hands: &mut Hands) {
        if self.guard.take().is_err() {
            hands.now = true;
            return;
        }
        self.repaint(hands);
        let size = size();
        let mut effects = app::update(&mut self.model, Msg::Resize(size));
        effects.extend(app::update(&mut self.model, Msg::Resumed));
        // What the machine asks for then is at most another frame.
        Box::pin(self.perform(effects, hands)).await;
    }

    fn repaint(&mut self, hands: &mut Hands) {
        self.canvas.backend_mut().forget();
        let area = self.canvas.get_frame().area();
        let _ = self.canvas.resize(area);
        hands.dirty = true;
    }

    /// Draws at once, or leaves it to the time when the last frame is too young. What is on the screen then, while
    /// a walkthrough goes by it.
    fn draw_if_due(&mut self, hands: &mut Hands) -> Option<String> {
        if !hands.dirty || hands.drawn.elapsed() < FRAME {
            return None;
        }
        app::update(&mut self.model, Msg::Now(now()));
        hands.dirty = false;
        let drawn = paint(&self.model, self.looks, self.canvas);
        hands.drawn = Instant::now();
        hands.now |= drawn.is_err();
        drawn.unwrap_or_default()
    }

    /// Tells a walkthrough what is on the screen; it may press a key.
    async fn guide(&mut self, screen: String, hands: &mut Hands) {
        let state = |model: &Model| model.tour.as_ref().map(|tour| (tour.pressed(), tour.part()));
        let before = state(&self.model);
        let effects = app::update(&mut self.model, Msg::Seen(screen));
        hands.dirty |= state(&self.model) != before;
        self.perform(effects, hands).await;
    }
}

/// Lends the terminal to another program: nobody here reads its keys meanwhile.
fn lend(hands: &mut Hands) {
    // The old reader first: it holds what the new one waits for. Once that is there, the old one is done.
    hands.events = None;
    hands.events = Some(EventStream::new());
    terminal::restore();
}

/// Draws the model, and answers what is on the screen while a walkthrough goes by it.
///
/// # Errors
/// The terminal's own: it is gone.
pub fn paint(model: &Model, looks: &Looks, canvas: &mut Canvas) -> io::Result<Option<String>> {
    let drawn = canvas.draw(|frame| view::view(model, &looks.theme, frame))?;
    Ok(model.tour.is_some().then(|| view::words(drawn.buffer)))
}

/// The terminal's size; where it has none, the one that everybody assumes.
pub fn size() -> Size {
    match crossterm::terminal::size() {
        Ok((w, h)) if w > 0 && h > 0 => Size { w, h },
        _ => Size { w: 80, h: 24 },
    }
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
