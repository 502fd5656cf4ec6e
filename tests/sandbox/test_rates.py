from __future__ import annotations

from keyctl.sandbox.rates import SlidingWindows


def test_a_window_slides_so_that_no_second_holds_more_than_the_limit() -> None:
    windows = SlidingWindows()
    ticks = [0.0, 0.5, 0.9, 1.0, 1.4, 1.5]
    assert [windows.admit("uid", 2, tick).admitted for tick in ticks] == [True, True, False, True, False, True]


def test_windows_of_different_callers_are_apart() -> None:
    windows = SlidingWindows()
    assert windows.admit("one", 1, 0.0).admitted
    assert windows.admit("other", 1, 0.0).admitted
    assert not windows.admit("one", 1, 0.5).admitted


def test_an_admission_tells_what_is_left_and_when_more_comes() -> None:
    windows = SlidingWindows()
    windows.admit("uid", 3, 10.0)
    admission = windows.admit("uid", 3, 10.25)
    assert (admission.remaining, admission.free_in) == (1, 0.75)


def test_a_window_can_be_of_another_length() -> None:
    windows = SlidingWindows()
    admitted = [windows.admit("uid", 1, tick, 2).admitted for tick in (0.0, 1.0, 1.9, 2.0)]
    assert admitted == [True, False, False, True]
