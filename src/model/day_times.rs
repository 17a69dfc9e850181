//! Two times of a day, as people write them: `09:00-17:00`. What such a stretch means, and which of them are none, is for who asks.

/// Minutes of a day.
pub const DAY: u16 = 24 * 60;

/// Reads `09:00-17:00` as minutes after midnight, each 0 to 1440: `24:00` is the end of a day. `None`: it is not two times of a day.
/// A time has one or two digits for its hour and two for its minute; the line between may be a dash or a hyphen.
pub fn read(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once(['-', '–'])?;
    Some((minute(from.trim())?, minute(to.trim())?))
}

/// `17:00` as minutes after midnight.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |it: &str, digits: &[usize]| {
        let plain = digits.contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| it.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (number(hour, &[1, 2])?, number(minute, &[2])?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= DAY).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_times_of_a_day_are_read_and_nothing_else() {
        assert_eq!(read("09:00-17:00"), Some((540, 1020)));
        assert_eq!(read(" 9:05 – 24:00 "), Some((545, 1440)));
        assert_eq!(read("22:00-07:00"), Some((1320, 420)));
        for bad in ["", "22:00", "24:01-07:00", "22:60-07:00", "22-07", "+1:00-02:00", "9:5-10:00", "009:00-10:00", "22:00-07:00-08:00"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
