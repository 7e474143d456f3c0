#!/usr/bin/env python3
"""Tests of compare and exposition: each thing they must notice is shown to them once."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import exposition  # noqa: E402

GOLDEN = os.path.join(HERE, "..", "fixture", "db7", "node_exporter-1.5.prom")

BASE = """\
# HELP a_total Things.
# TYPE a_total counter
a_total{x="1"} 5
a_total{x="2"} 6
# HELP g A gauge.
# TYPE g gauge
g 2.5
"""


def parse(text):
    return exposition.parse(text if isinstance(text, bytes) else text.encode())


class Parsing(unittest.TestCase):
    def assert_error(self, text, part):
        errors = parse(text).errors
        self.assertEqual(len(errors), 1, errors)
        self.assertIn(part, errors[0])

    def test_samples_types_and_helps(self):
        expo = parse(BASE)
        self.assertEqual(expo.errors, [])
        self.assertEqual(
            expo.samples,
            {("a_total", (("x", "1"),)): 5.0, ("a_total", (("x", "2"),)): 6.0, ("g", ()): 2.5},
        )
        self.assertEqual(expo.types, {"a_total": "counter", "g": "gauge"})
        self.assertEqual(expo.helps, {"a_total": "Things.", "g": "A gauge."})

    def test_labels_are_sorted_and_empty_ones_dropped(self):
        expo = parse('m{b="2",a="1",c=""} 1\n')
        self.assertEqual(list(expo.samples), [("m", (("a", "1"), ("b", "2")))])

    def test_escapes(self):
        expo = parse('# HELP m one\\\\two\\nthree "quoted"\nm{p="a\\\\b\\"c\\nd"} 1\n')
        self.assertEqual(expo.errors, [])
        self.assertEqual(expo.helps["m"], 'one\\two\nthree "quoted"')
        self.assertEqual(list(expo.samples), [("m", (("p", 'a\\b"c\nd'),))])

    def test_blanks_trailing_comma_timestamp(self):
        expo = parse('  m { a = "}," , } \t 3 1700000000000\n')
        self.assertEqual(expo.errors, [])
        self.assertEqual(expo.samples, {("m", (("a", "},"),)): 3.0})

    def test_values(self):
        for word, value in (
            ("+Inf", float("inf")),
            ("-Inf", -float("inf")),
            ("1e+19", 1e19),
            ("-.5", -0.5),
        ):
            self.assertEqual(parse(f"m {word}\n").samples[("m", ())], value)
        self.assertTrue(exposition.parse_value("NaN") != exposition.parse_value("NaN"))
        for word in ("0x10", "1_000", "12abc", "", "nan(1)", "1e"):
            self.assertRaises(exposition.Bad, exposition.parse_value, word)

    def test_duplicate(self):
        self.assert_error("m 1\nm 1\n", "twice")
        self.assert_error('m{a=""} 1\nm 2\n', "twice")

    def test_not_utf8(self):
        self.assert_error(b'm{a="\xff"} 1\n', "not UTF-8")

    def test_no_end_of_line(self):
        self.assert_error("m 1", "no end")

    def test_family_in_two_places(self):
        self.assert_error('m 1\nn 1\nm{a="1"} 2\n', "together")

    def test_type_after_samples(self):
        self.assert_error("m 1\n# TYPE m gauge\n", "after its samples")

    def test_two_types_two_helps_unknown_type(self):
        self.assert_error("# TYPE m gauge\n# TYPE m gauge\nm 1\n", "second TYPE")
        self.assert_error("# HELP m a\n# HELP m b\nm 1\n", "second HELP")
        self.assert_error("# TYPE m sundial\nm 1\n", "unknown type")

    def test_bad_names_and_labels(self):
        for line in (
            "9m 1",
            'm{9a="1"} 1',
            "m{a=1} 1",
            'm{a="1" b="2"} 1',
            'm{a="1"',
            'm{a="x\\q"} 1',
            'm{a="1",a="2"} 1',
            "m",
            "m 1 2 3",
            'we"ird 1',
        ):
            self.assertEqual(len(parse(line + "\n").errors), 1, line)

    def test_histogram_is_one_family(self):
        expo = parse(
            '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 2\nh_count 1\n'
        )
        self.assertEqual(expo.errors, [])
        self.assertEqual(expo.type_of("h_bucket"), "histogram")
        self.assertEqual(parse("# TYPE h_sum counter\nh_sum 1\n").type_of("h_sum"), "counter")

    def test_other_comments_and_empty_lines(self):
        self.assertEqual(parse("# hello\n#\n\nm 1\n").errors, [])


class Running(unittest.TestCase):
    """Through the command line, as the tests of the project use it"""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def write(self, name, text):
        path = os.path.join(self.dir.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def run_compare(self, *args):
        done = subprocess.run(
            [os.path.join(HERE, "compare"), *args], capture_output=True, text=True, check=False
        )
        self.assertNotIn("Traceback", done.stderr)
        return done.returncode, done.stdout + done.stderr

    def golden(self, theirs, ours, differences="", *flags):
        return self.run_compare(
            "golden",
            "-d",
            self.write("d.txt", differences),
            *flags,
            self.write("theirs", theirs),
            self.write("ours", ours),
        )

    def live(self, before, ours, after, *flags, differences=""):
        return self.run_compare(
            "live",
            "-d",
            self.write("d.txt", differences),
            *flags,
            self.write("before", before),
            self.write("ours", ours),
            self.write("after", after),
        )

    def expect(self, expected, ours):
        return self.run_compare(
            "expect", self.write("expected", expected), self.write("ours", ours)
        )


class Golden(Running):
    def test_equal(self):
        status, text = self.golden(BASE, BASE)
        self.assertEqual(status, 0, text)
        self.assertIn("3 of 3 samples equal (100.00 %), 0 more explained, 0 unexplained", text)

    def test_order_and_notation_do_not_matter(self):
        ours = (
            "# HELP g A gauge.\n# TYPE g gauge\ng 25e-1\n"
            "# HELP a_total Things.\n# TYPE a_total counter\n"
            'a_total{x="2",y=""} 6.000000000000001\na_total{x="1"} 5\n'
        )
        self.assertEqual(self.golden(BASE, ours)[0], 0)

    def test_missing_extra_wrong(self):
        for ours, part in (
            (BASE.replace('a_total{x="2"} 6\n', ""), "missing: 1"),
            (BASE + "h 1\n", "extra: 1"),
            (BASE.replace("} 6", "} 6.00000001"), "wrong: 1"),
        ):
            status, text = self.golden(BASE, ours)
            self.assertEqual(status, 1, text)
            self.assertIn(part, text)

    def test_percentage(self):
        wrong = BASE.replace("} 6", "} 7")
        self.assertIn("2 of 3 samples equal (66.67 %)", self.golden(BASE, wrong)[1])
        text = self.golden(BASE, wrong, 'value\ta_total\\{x="2"\\}\twhy\n')[1]
        self.assertIn("2 of 2 samples equal (100.00 %), 1 more explained", text)

    def test_type_and_help(self):
        status, text = self.golden(BASE, BASE.replace("TYPE g gauge", "TYPE g counter"))
        self.assertEqual((status, "g: gauge → counter" in text), (1, True), text)
        status, text = self.golden(BASE, BASE.replace("A gauge.", "A gauge"))
        self.assertEqual((status, "HELP differs: 1" in text), (1, True), text)

    def test_no_type_is_untyped(self):
        self.assertEqual(self.golden("# TYPE m untyped\nm 1\n", "m 1\n")[0], 0)

    def test_malformed_or_double_ours(self):
        self.assertEqual(self.golden(BASE, BASE + "g 2.5\n")[0], 1)
        self.assertEqual(self.golden(BASE, BASE + "}{\n")[0], 1)
        self.assertEqual(self.golden(BASE, BASE + "# HELP g A gauge.\n")[0], 1)

    def test_nothing_to_compare_is_no_success(self):
        self.assertEqual(self.golden("", "")[0], 1)

    def test_nan_and_infinity(self):
        self.assertEqual(self.golden("m NaN\nn +Inf\n", "m NaN\nn +Inf\n")[0], 0)
        self.assertEqual(self.golden("m NaN\n", "m 0\n")[0], 1)
        self.assertEqual(self.golden("n +Inf\n", "n -Inf\n")[0], 1)

    def test_explained(self):
        cases = (
            ('theirs\ta_total\\{x="2"\\}\twhy', BASE.replace('a_total{x="2"} 6\n', "")),
            ("ours\th\\{.*\twhy", BASE + 'h{a="b"} 1\n'),
            ('value\ta_total\\{x="2"\\}\twhy', BASE.replace("} 6", "} 7")),
            ("type\tg\twhy", BASE.replace("TYPE g gauge", "TYPE g counter")),
            ("help\tg\twhy", BASE.replace("A gauge.", "B")),
            ("label\tg new\twhy", BASE.replace("g 2.5", 'g{new="1"} 2.5')),
        )
        for rule, ours in cases:
            self.assertEqual(self.golden(BASE, ours)[0], 1, rule)
            status, text = self.golden(BASE, ours, f"# a comment\n\n{rule}\n", "--stale")
            self.assertEqual(status, 0, rule + text)

    def test_a_rule_explains_the_whole_name_only(self):
        self.assertEqual(self.golden(BASE, BASE + "hh 1\n", "ours\th\twhy\n")[0], 1)

    def test_a_dropped_label_must_not_hide_samples(self):
        ours = BASE.replace("g 2.5", 'g{new="1"} 2.5\ng{new="2"} 9')
        status, text = self.golden(BASE, ours, "label\tg new\twhy\n")
        self.assertEqual((status, "fall together" in text), (1, True), text)

    def test_stale_rule(self):
        self.assertEqual(self.golden(BASE, BASE, "ours\th\twhy\n")[0], 0)
        status, text = self.golden(BASE, BASE, "ours\th\twhy\n", "--stale")
        self.assertEqual((status, "explains nothing any more" in text), (1, True), text)

    def test_differences_beside_the_golden_file(self):
        one, two = self.write("one/n.prom", BASE), self.write("two/n.prom", BASE)
        self.write("one/differences.txt", "ours\th\twhy\n")
        more, less = self.write("more", BASE + "h 1\n"), self.write("less", BASE)
        self.assertEqual(self.run_compare("golden", "--stale", one, more, two, less)[0], 0)
        self.assertEqual(self.run_compare("golden", one, more, two, more)[0], 1)
        self.assertEqual(self.run_compare("golden", "--stale", one, less)[0], 1)

    def test_real_golden_file(self):
        with open(GOLDEN, encoding="utf-8") as f:
            text = f.read()
        self.assertEqual(self.golden(text, text)[0], 0)
        line = 'node_md_disks{device="md1",state="failed"} 1\n'
        self.assertIn(line, text)
        self.assertEqual(self.golden(text, text.replace(line, ""))[0], 1)
        self.assertEqual(self.golden(text, text.replace(line, line.replace("} 1", "} 2")))[0], 1)


class Live(Running):
    def test_between(self):
        after = BASE.replace("} 5", "} 9")
        for value, status in ((5, 0), (7, 0), (9, 0), (4, 1), (10, 1)):
            self.assertEqual(
                self.live(BASE, BASE.replace("} 5", f"}} {value}"), after)[0], status, value
            )

    def test_constant_gauge(self):
        status, text = self.live(BASE, BASE.replace("2.5", "2.6"), BASE)
        self.assertEqual((status, "constant differs: 1" in text), (1, True), text)
        self.assertEqual(self.live(BASE, BASE.replace("2.5", "9"), BASE.replace("2.5", "3"))[0], 0)

    def test_what_wanders_must_only_be_there(self):
        both = (
            "# TYPE node_load1 gauge\nnode_load1 1\n"
            "# TYPE node_boot_time_seconds gauge\nnode_boot_time_seconds 7\n"
        )
        self.assertEqual(self.live(both, both.replace("node_load1 1", "node_load1 2"), both)[0], 0)
        self.assertEqual(self.live(both, both.replace("seconds 7", "seconds 8"), both)[0], 1)

    def test_share_that_is_there(self):
        many = "".join(f'm{{i="{i}"}} 1\n' for i in range(200))
        ours = many.replace('m{i="7"} 1\n', "")
        status, text = self.live(many, ours, many)
        self.assertEqual(status, 0, text)
        self.assertIn("199 of 200", text)
        self.assertIn('missing: m{i="7"}', text)
        self.assertEqual(self.live(many, ours, many, "--at-least", "99.9")[0], 1)
        explained = self.live(
            many, ours, many, "--at-least", "100", differences='theirs\tm\\{i="7"\\}\twhy\n'
        )
        self.assertEqual(explained[0], 0, explained[1])

    def test_come_and_gone_and_the_exporter_itself_do_not_count(self):
        status, text = self.live(BASE + "gone 1\n", BASE, BASE + "new 1\ngo_threads 3\n")
        self.assertEqual(status, 0, text)
        self.assertIn("3 of 3", text)

    def test_type_is_compared(self):
        self.assertEqual(
            self.live(BASE, BASE.replace("TYPE g gauge", "TYPE g untyped"), BASE)[0], 1
        )

    def test_nothing_is_no_success(self):
        self.assertEqual(self.live("", BASE, "")[0], 1)


class Expect(Running):
    def test_all_met(self):
        expected = (
            '# text\n\na_total{x="1"} 5\n#has a_total{x="2"} 6\n#maybe g 2.5\n#maybe h 1\n'
            '#absent h\n#absent a_total{x="3"}\n'
        )
        status, text = self.expect(expected, BASE)
        self.assertEqual(status, 0, text)
        self.assertIn("6 expectations, 0 not met", text)

    def test_each_not_met(self):
        for line in (
            'a_total{x="3"} 5',
            'a_total{x="1"} 6',
            "a_total 5",
            '#has a_total{x="1"} 6',
            "#has a_total 7",
            "#maybe g 3",
            "#absent g",
            "#absent a_total",
            '#absent a_total{x="2"}',
            '#absent g{x=""}',
        ):
            self.assertEqual(self.expect(line + "\n", BASE)[0], 1, line)

    def test_has_looks_at_the_labels_asked_for(self):
        self.assertEqual(self.expect('#has m{a="1"} 3\n', 'm{a="1",b="2"} 3\n')[0], 0)
        self.assertEqual(self.expect('m{a="1"} 3\n', 'm{a="1",b="2"} 3\n')[0], 1)

    def test_malformed_ours(self):
        self.assertEqual(self.expect("g 2.5\n", BASE + "broken{\n")[0], 1)

    def test_no_expectations_is_no_success(self):
        self.assertEqual(self.expect("# nothing\n", BASE)[0], 1)


class Usage(Running):
    def test_wrong_usage(self):
        good = self.write("good", BASE)
        bad_rule = self.write("rule", "ours h why\n")
        bad_regex = self.write("regex", "ours\t(\twhy\n")
        for args in (
            (),
            ("golden", good),
            ("live", good, good),
            ("expect", good),
            ("golden", good, good + ".none"),
            ("golden", "-d", bad_rule, good, good),
            ("golden", "-d", bad_regex, good, good),
            ("expect", self.write("e", "no value here\n"), good),
        ):
            self.assertEqual(self.run_compare(*args)[0], 2, args)


if __name__ == "__main__":
    unittest.main()
