//! Walkthroughs run as tests.

use crate::journey::Journey;
use crate::stage::play;
use lifeboat::app::{Size, Tour, scripts};
use lifeboat::wizard::StepId;
use rstest::rstest;

#[rstest]
#[case(120, 40)]
#[case(80, 24)]
#[tokio::test]
async fn tui_row_48_the_first_set_up_shows_itself_to_a_green_live(#[case] w: u16, #[case] h: u16) {
    let mut parts = Vec::new();
    let journey = play("first-setup", Size { w, h }, |part, _| parts.push(part)).await;
    let (_, count) = journey.model.tour.as_ref().expect("the walkthrough").part();
    assert_eq!(parts, (0..count).collect::<Vec<_>>(), "each part's text was seen");
    journey.on(StepId::Live);
    assert!(journey.model.live.status.as_ref().is_some_and(|status| status.healthy));
    assert_eq!(journey.model.run.finish.as_ref().map(|finish| finish.exit), Some(0));
}

#[tokio::test]
async fn tui_row_48_a_user_pauses_takes_over_and_goes_on_by_hand() {
    let mut journey = Journey::at("default");
    let (_, script) = scripts().remove(0);
    journey.model.tour = Some(Tour::new(script, false));
    journey.press("space");
    assert!(journey.model.caption.as_ref().is_some_and(|caption| caption.paused));
    journey.press("z");
    assert!(journey.said("x takes over"));
    journey.press("x");
    assert!(journey.model.tour.is_none() && journey.model.caption.is_none());
    journey.settle().await;
    journey.press("enter");
    journey.on(StepId::Cluster);
}
