//! The hour of an event.

/// The beginning of an inference time that names the hour, such as `2022-04-18T00`.
pub(super) type Hour = [u8; 13];

/// The hour of a time, if it is one.
pub(super) fn hour_of(time: &str) -> Option<Hour> {
    let hour: Hour = time.as_bytes().get(..13)?.try_into().ok()?;
    let fits = |(place, byte): (usize, &u8)| match place {
        4 | 7 => *byte == b'-',
        10 => *byte == b'T',
        _ => byte.is_ascii_digit(),
    };
    hour.iter().enumerate().all(fits).then_some(hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_from_times_only() {
        assert_eq!(hour_of("2022-04-18T00:21:48Z").as_ref(), Some(b"2022-04-18T00"));
        for text in [
            "",
            "2022-04-18",
            "2022-04-18 00:21:48",
            "22-04-18T00:21:48Zxx",
            "\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}",
        ] {
            assert_eq!(hour_of(text), None, "{text}");
        }
    }
}
