//! The index of fault cases, `tests/cases.tsv`: each case is a test, or says why it is none, or both where a part is left.

use std::collections::BTreeSet;
use std::path::Path;

/// The families of cases and how many each has: delivery, HTTP and adapters, terminal text, terminal life, secrets, the platform itself.
const FAMILIES: [(char, usize); 6] = [('D', 36), ('H', 25), ('T', 17), ('L', 12), ('S', 8), ('P', 20)];

/// Whether `path`, `module::…::name`, is a function of a file of the tests or of the program.
fn is_there(path: &str) -> bool {
    let Some((module, name)) = path.rsplit_once("::") else { return false };
    let file = format!("{}.rs", module.replace("::", "/"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = ["tests/it", "src"].iter().find_map(|folder| std::fs::read_to_string(root.join(folder).join(&file)).ok());
    text.is_some_and(|it| it.contains(&format!("fn {name}(")))
}

#[test]
fn every_case_is_a_test_or_says_why_not() {
    let table = include_str!("../cases.tsv");
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("case\ttest\twhy not"));
    let (mut cases, mut tested, mut whole) = (BTreeSet::new(), 0, 0);
    let mut wrong = Vec::new();
    for line in lines {
        let [case, tests, why] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("three fields: {line}") };
        assert!(cases.insert(case.to_owned()), "{case} is there twice");
        let tests: Vec<&str> = tests.split(", ").filter(|it| !it.is_empty()).collect();
        wrong.extend(tests.iter().filter(|it| !is_there(it)).map(|it| format!("{case}: {it}")));
        assert!(!tests.is_empty() || why.len() >= 12, "{case} is no test and does not say why");
        tested += usize::from(!tests.is_empty());
        whole += usize::from(!tests.is_empty() && why.is_empty());
    }
    assert!(wrong.is_empty(), "no such test:\n{}", wrong.join("\n"));
    let all: BTreeSet<String> = FAMILIES.iter().flat_map(|&(family, n)| (1..=n).map(move |i| format!("{family}{i}"))).collect();
    assert_eq!(cases, all);
    crate::figures::keep("fault cases that are tests", format!("{tested}, {whole} of them in full"), all.len());
}
