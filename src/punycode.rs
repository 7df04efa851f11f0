//! Unicode label -> Punycode (RFC 3492), for host names typed with accents.
//!
//! Encoding alone, of one label. The `idna` crate would also normalise and check scripts, but its
//! tables weigh more than this whole program may on a router with 8 MB of flash; what needs them
//! (combining marks, full-width letters) is refused by `config::hostname`.

const BASE: u32 = 36;
const THRESHOLD_MIN: u32 = 1;
const THRESHOLD_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_CODE: u32 = 0x80;

/// The label in Punycode, without the `xn--`; `None` if it is too long to be counted in 32 bits.
#[must_use]
pub(crate) fn encode(label: &str) -> Option<String> {
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(output.len()).ok()?;
    let total = u32::try_from(label.chars().count()).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let mut code = INITIAL_CODE;
    let mut delta: u32 = 0;
    let mut bias = INITIAL_BIAS;
    let mut done = basic;
    while done < total {
        let next = label.chars().map(u32::from).filter(|c| *c >= code).min()?;
        delta = delta.checked_add((next - code).checked_mul(done + 1)?)?;
        code = next;
        for c in label.chars().map(u32::from) {
            if c < code {
                delta = delta.checked_add(1)?;
            } else if c == code {
                push_variable_length(&mut output, delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta = delta.checked_add(1)?;
        code += 1;
    }
    Some(output)
}

/// RFC 3492, section 3.3: the number in digits whose weights depend on the bias.
fn push_variable_length(output: &mut String, delta: u32, bias: u32) {
    let mut rest = delta;
    let mut weight = BASE;
    loop {
        let threshold = weight.saturating_sub(bias).clamp(THRESHOLD_MIN, THRESHOLD_MAX);
        if rest < threshold {
            break;
        }
        output.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
        rest = (rest - threshold) / (BASE - threshold);
        weight = weight.saturating_add(BASE);
    }
    output.push(digit(rest));
}

/// RFC 3492, section 6.1: the bias that suits the deltas to come.
fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut bias = 0;
    while delta > (BASE - THRESHOLD_MIN) * THRESHOLD_MAX / 2 {
        delta /= BASE - THRESHOLD_MIN;
        bias += BASE;
    }
    bias + (BASE - THRESHOLD_MIN + 1) * delta / (delta + SKEW)
}

/// `a` to `z` for 0 to 25, `0` to `9` for 26 to 35.
fn digit(value: u32) -> char {
    char::from_digit((value + 10) % BASE, BASE).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::encode;

    /// Section 7.1.
    const SAMPLES: [(&str, &str, &str); 19] = [
        (
            "Arabic (Egyptian)",
            "\u{0644}\u{064a}\u{0647}\u{0645}\u{0627}\u{0628}\u{062a}\u{0643}\u{0644}\u{0645}\u{0648}\u{0634}\u{0639}\u{0631}\u{0628}\u{064a}\u{061f}",
            "egbpdaj6bu4bxfgehfvwxn",
        ),
        (
            "Chinese (simplified)",
            "\u{4ed6}\u{4eec}\u{4e3a}\u{4ec0}\u{4e48}\u{4e0d}\u{8bf4}\u{4e2d}\u{6587}",
            "ihqwcrb4cv8a8dqg056pqjye",
        ),
        (
            "Chinese (traditional)",
            "\u{4ed6}\u{5011}\u{7232}\u{4ec0}\u{9ebd}\u{4e0d}\u{8aaa}\u{4e2d}\u{6587}",
            "ihqwctvzc91f659drss3x8bo0yb",
        ),
        (
            "Czech",
            "Pro\u{010d}prost\u{011b}nemluv\u{00ed}\u{010d}esky",
            "Proprostnemluvesky-uyb24dma41a",
        ),
        (
            "Hebrew",
            "\u{05dc}\u{05de}\u{05d4}\u{05d4}\u{05dd}\u{05e4}\u{05e9}\u{05d5}\u{05d8}\u{05dc}\u{05d0}\u{05de}\u{05d3}\u{05d1}\u{05e8}\u{05d9}\u{05dd}\u{05e2}\u{05d1}\u{05e8}\u{05d9}\u{05ea}",
            "4dbcagdahymbxekheh6e0a7fei0b",
        ),
        (
            "Hindi",
            "\u{092f}\u{0939}\u{0932}\u{094b}\u{0917}\u{0939}\u{093f}\u{0928}\u{094d}\u{0926}\u{0940}\u{0915}\u{094d}\u{092f}\u{094b}\u{0902}\u{0928}\u{0939}\u{0940}\u{0902}\u{092c}\u{094b}\u{0932}\u{0938}\u{0915}\u{0924}\u{0947}\u{0939}\u{0948}\u{0902}",
            "i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd",
        ),
        (
            "Japanese",
            "\u{306a}\u{305c}\u{307f}\u{3093}\u{306a}\u{65e5}\u{672c}\u{8a9e}\u{3092}\u{8a71}\u{3057}\u{3066}\u{304f}\u{308c}\u{306a}\u{3044}\u{306e}\u{304b}",
            "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa",
        ),
        (
            "Korean",
            "\u{c138}\u{acc4}\u{c758}\u{baa8}\u{b4e0}\u{c0ac}\u{b78c}\u{b4e4}\u{c774}\u{d55c}\u{ad6d}\u{c5b4}\u{b97c}\u{c774}\u{d574}\u{d55c}\u{b2e4}\u{ba74}\u{c5bc}\u{b9c8}\u{b098}\u{c88b}\u{c744}\u{ae4c}",
            "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c",
        ),
        (
            "Russian",
            "\u{043f}\u{043e}\u{0447}\u{0435}\u{043c}\u{0443}\u{0436}\u{0435}\u{043e}\u{043d}\u{0438}\u{043d}\u{0435}\u{0433}\u{043e}\u{0432}\u{043e}\u{0440}\u{044f}\u{0442}\u{043f}\u{043e}\u{0440}\u{0443}\u{0441}\u{0441}\u{043a}\u{0438}",
            "b1abfaaepdrnnbgefbadotcwatmq2g4l",
        ),
        (
            "Spanish",
            "Porqu\u{00e9}nopuedensimplementehablarenEspa\u{00f1}ol",
            "PorqunopuedensimplementehablarenEspaol-fmd56a",
        ),
        (
            "Vietnamese",
            "T\u{1ea1}isaoh\u{1ecd}kh\u{00f4}ngth\u{1ec3}ch\u{1ec9}n\u{00f3}iti\u{1ebf}ngVi\u{1ec7}t",
            "TisaohkhngthchnitingVit-kjcr8268qyxafd2f1b9g",
        ),
        ("L", "3\u{5e74}B\u{7d44}\u{91d1}\u{516b}\u{5148}\u{751f}", "3B-ww4c5e180e575a65lsy2b"),
        (
            "M",
            "\u{5b89}\u{5ba4}\u{5948}\u{7f8e}\u{6075}-with-SUPER-MONKEYS",
            "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n",
        ),
        (
            "N",
            "Hello-Another-Way-\u{305d}\u{308c}\u{305e}\u{308c}\u{306e}\u{5834}\u{6240}",
            "Hello-Another-Way--fc4qua05auwb3674vfr0b",
        ),
        ("O", "\u{3072}\u{3068}\u{3064}\u{5c4b}\u{6839}\u{306e}\u{4e0b}2", "2-u9tlzr9756bt3uc0v"),
        ("P", "Maji\u{3067}Koi\u{3059}\u{308b}5\u{79d2}\u{524d}", "MajiKoi5-783gue6qz075azm5e"),
        ("Q", "\u{30d1}\u{30d5}\u{30a3}\u{30fc}de\u{30eb}\u{30f3}\u{30d0}", "de-jg4avhby1noc0d"),
        ("R", "\u{305d}\u{306e}\u{30b9}\u{30d4}\u{30fc}\u{30c9}\u{3067}", "d9juau41awczczp"),
        ("S", "-> $1.00 <-", "-> $1.00 <--"),
    ];

    #[test]
    fn the_samples_of_rfc_3492_come_out_without_its_case_flags() {
        for (sample, label, expected) in SAMPLES {
            assert_eq!(encode(label).as_deref(), Some(expected), "sample {sample}");
        }
    }

    #[test]
    fn a_label_without_accents_is_only_marked_and_an_empty_one_stays_empty() {
        assert_eq!(encode("abc").as_deref(), Some("abc-"));
        assert_eq!(encode("").as_deref(), Some(""));
    }

    #[test]
    fn more_than_32_bits_can_count_is_refused() {
        let label = format!("{}\u{10ffff}", "a".repeat(4000));
        assert_eq!(encode(&label), None);
    }
}
