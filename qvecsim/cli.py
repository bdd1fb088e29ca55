"""The command line: thin, and importing nothing that the command at hand does not need."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from qvecsim import shell
from qvecsim.errors import BatchError, QvecsimError
from qvecsim.version import __version__

RUN_EXAMPLES = """\
examples:
  qvecsim run scenarios/urban.yaml
  qvecsim run scenarios/urban.yaml --scheme nearest --seed 7 --out results/nearest
  qvecsim run scenarios/urban.yaml --set world.trace=my.fcd.xml.gz --set keys.missing=local
"""

BATCH_EXAMPLES = """\
examples:
  qvecsim batch scenarios/plans/study_small.yaml --jobs 4
  qvecsim batch scenarios/plans/study_small.yaml --jobs 4 --resume
  qvecsim batch scenarios/plans/study_small.yaml --shard 2/3 --out /data/study
  qvecsim batch scenarios/plans/study_small.yaml --cluster tcp://scheduler:8786
"""

KEYRATE_EXAMPLES = """\
examples:
  qvecsim keyrate --km 0:200:5
  qvecsim keyrate --protocol finite --km 50,100 --set qkd.field.block_bit=1e6 --json
  qvecsim keyrate --db 14.5 --set qkd.field.efficiency=0.1 --set qkd.field.mu=0.48

Detectors, source and security are the keys qkd.field.*, the fibre qkd.attenuation_db_per_km and
world.fibre.insertion_db; qvecsim show parameters lists them.
"""

BOUND_EXAMPLES = """\
examples:
  qvecsim bound results/urban-greedy-59dabfe939a1 --set world.trace=traces/urban.fcd.xml.gz
  qvecsim bound RUN --slots 50 --json

A run folder does not hold its trace; --set says where it is, and may change nothing else.
"""

EXIT_CODES = """\
exit codes:
  0    done
  1    the run failed: a guard fired under strict, or code of your own raised an exception
  2    you can mend it: scenario, option, trace, policy, output folder, full disk
  3    some runs of a batch failed; the others are there
  4    damaged results
  129, 130, 143
       ended by SIGHUP, Ctrl-C, SIGTERM; nothing is left behind but whole runs of a batch

QVECSIM_TRACEBACK=1 in the environment shows the traceback of an error before its line.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code, as in ``EXIT_CODES``."""
    shell.open_streams()
    try:
        with shell.stoppable():
            try:
                return _main(arguments)
            finally:
                shell.flush()
    except BrokenPipeError:
        # The reader of our output went away (``| head``); that is no failure of ours.
        shell.silence(sys.stdout)
        return 0
    except (QvecsimError, OSError) as error:
        shell.tell(error)
        shell.drain()
        return error.exit_code if isinstance(error, QvecsimError) else 2
    except KeyboardInterrupt as stop:
        return shell.stopped(stop)


def _main(arguments: Sequence[str] | None) -> int:
    options = parser().parse_args(arguments)
    code: int = options.command(options)
    return code


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="qvecsim",
        description="Vehicular edge computing secured by quantum key distribution and a blockchain, simulated.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"qvecsim {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_batch(commands)
    _add_compare(commands)
    _add_validate(commands)
    _add_audit(commands)
    _add_bound(commands)
    _add_trace(commands)
    _add_keyrate(commands)
    _add_show(commands)
    return top


def _add_run(commands: Any) -> None:
    command = commands.add_parser(
        "run",
        help="run a scenario and write its tables",
        description="Run a scenario and write a run folder: tables, the resolved scenario, and what made them.",
        epilog=RUN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("scenario", metavar="SCENARIO", help="YAML file")
    _add_overrides(command)
    command.add_argument("--scheme", metavar="NAME", help="what decides: a name, or module:Class")
    command.add_argument("--replication", metavar="R", type=_count, default=0, help="branch of the seed (default 0)")
    command.add_argument("--out", metavar="DIR", help="run folder (default: results/NAME-SCHEME-ID)")
    command.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    command.add_argument(
        "--quiet", action="store_true", help="print errors only: no progress, and no summary unless --json asks for it"
    )
    command.set_defaults(command=_run)


def _add_batch(commands: Any) -> None:
    command = commands.add_parser(
        "batch",
        help="run a plan: scenarios x schemes x replications x swept parameters x traces",
        description="Make every run of a plan, each in a folder named by its run id, and an index of them all.",
        epilog=BATCH_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("plan", metavar="PLAN", help="YAML file")
    _add_overrides(command)
    command.add_argument("--out", metavar="DIR", help="study folder (default: results/NAME)")
    command.add_argument("--jobs", metavar="N", type=_from_to(1, 1024, int), default=1, help="processes (default 1)")
    command.add_argument("--resume", action="store_true", help="keep the runs that are whole, make the others")
    command.add_argument(
        "--shard", metavar="I/N", type=_shard, default=(1, 1), help="make the I-th of N parts; no index is written"
    )
    command.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler, as in tcp://host:8786")
    command.add_argument("--json", action="store_true", help="print the counts as one JSON object")
    command.add_argument("--quiet", action="store_true", help="print errors only")
    command.set_defaults(command=_batch)


def _add_compare(commands: Any) -> None:
    command = commands.add_parser(
        "compare",
        help="differences between schemes, profiles or values over common replications",
        description="Paired differences over common replications, with 95 % intervals; the mean latency beside the "
        "miss rate.",
    )
    command.add_argument("results", metavar="RUN|STUDY", nargs="+", help="run folders and studies")
    command.add_argument("--by", metavar="KEY", help="what is compared: scheme, profile, or a parameter that was swept")
    command.add_argument("--baseline", metavar="VALUE", help="what all others are compared with (default: the first)")
    command.add_argument("--each", action="store_true", help="compare in each setting by itself")
    command.add_argument(
        "--bound", action="store_true", help="also how far each RUN, which no study may be, is from the best"
    )
    command.add_argument("--slots", metavar="N", type=_count, default=20, help="with --bound: slots to sample (20)")
    _add_set(command)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(command=_compare)


def _add_overrides(command: argparse.ArgumentParser) -> None:
    _add_set(command)
    command.add_argument("--seed", metavar="N", type=_whole, help="root of every random stream")


def _add_set(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="overrides",
        help="override a parameter, as in keys.missing=drop; a path may lead anywhere",
    )


def _add_validate(commands: Any) -> None:
    command = commands.add_parser(
        "validate",
        help="check a scenario file, or a policy given as module:Class",
        description="Check a scenario file, or a policy given as module:Class, and say all that is wrong with it.",
    )
    command.add_argument("subject", metavar="FILE|module:Class")
    _add_overrides(command)
    command.set_defaults(command=_validate)


def _add_audit(commands: Any) -> None:
    command = commands.add_parser(
        "audit",
        help="verify a run folder: files, chain, stakes, keys",
        description="Verify a run folder from its written files alone: every hash, link, Merkle root, quorum and "
        "stake transfer, and the key ledger. One line a fault, and exit code 4 if there is one.",
    )
    command.add_argument("run", metavar="RUN", help="run folder")
    command.add_argument("--prove", metavar="TASK", type=_count, help="prove every record of the task with this number")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(command=_audit)


def _add_bound(commands: Any) -> None:
    command = commands.add_parser(
        "bound",
        help="how far a run is from the best: optima of sampled slots, bounds of its whole trace",
        description="Simulate a run again and compare it with the exact optimum of sampled slots, where it is proven, "
        "with bounds elsewhere, and with lower bounds for its whole trace. The optimum of a slot is myopic.",
        epilog=BOUND_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("run", metavar="RUN", help="run folder")
    command.add_argument("--slots", metavar="N", type=_count, default=20, help="slots to sample (default 20)")
    command.add_argument("--seed", metavar="N", type=_count, default=0, help="which slots (default 0)")
    _add_set(command)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(command=_bound)


def _add_trace(commands: Any) -> None:
    command = commands.add_parser("trace", help="look at mobility traces")
    verbs = command.add_subparsers(title="verbs", required=True, metavar="VERB")
    info = verbs.add_parser("info", help="records, vehicles, times and bounds of a trace")
    info.add_argument("file", metavar="FILE", help="SUMO FCD (XML, CSV, Parquet), or a scenario .yaml that names one")
    _add_overrides(info)
    info.add_argument("--json", action="store_true", help="print one JSON object")
    info.set_defaults(command=_trace_info)
    make = verbs.add_parser(
        "make",
        help="make a trace of a made-up town with SUMO",
        description="Make a trace of vehicles in a grid of streets with SUMO (pip install 'qvecsim[sumo]'). "
        "The same options and the same SUMO give the same bytes.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    make.add_argument("out", metavar="OUT", help="file to write: .xml.gz, .xml, .csv.gz, .csv or .parquet")
    make.add_argument("--grid", metavar="N", type=_from_to(1, 100, int), default=5, help="crossings along each side")
    make.add_argument("--length", metavar="M", type=_from_to(50, 10_000), default=200.0, help="m between crossings")
    make.add_argument("--lanes", metavar="N", type=_from_to(1, 8, int), default=2, help="lanes in each direction")
    make.add_argument(
        "--vehicles-per-hour", metavar="R", type=_from_to(1, 1e6), default=1800.0, help="vehicles that set out"
    )
    make.add_argument("--seconds", metavar="S", type=_from_to(1, 1e6), default=600.0, help="time that is recorded")
    make.add_argument("--warmup", metavar="S", type=_from_to(0, 1e6), default=300.0, help="time that is driven before")
    make.add_argument("--step", metavar="S", type=_from_to(0.001, 10), default=1.0, help="time from record to record")
    make.add_argument("--seed", metavar="N", type=_from_to(0, 2**31 - 1, int), default=1, help="of every random number")
    make.add_argument(
        "--parking", metavar="SHARE", type=_from_to(0, 1), default=0.0, help="share of vehicles that park for 5 min"
    )
    make.add_argument("--network-out", metavar="FILE", help="write the streets, too: .net.xml.gz or .net.xml")
    make.add_argument("--force", action="store_true", help="replace files that are there")
    make.add_argument("--json", action="store_true", help="print one JSON object")
    make.set_defaults(command=_trace_make)


def _add_keyrate(commands: Any) -> None:
    command = commands.add_parser(
        "keyrate",
        help="key rate of a QKD link against its length",
        description="Print loss, error rate and secret bits of a QKD link, as `physics.qkd: field` has them.",
        epilog=KEYRATE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--protocol", metavar="NAME", help="decoy (default), finite or bbm92")
    command.add_argument("--km", metavar="KM", help="lengths: start:stop:step, a list, or one (default 0:200:5)")
    command.add_argument("--db", metavar="DB", help="whole losses of links, dB, instead of lengths; in the same way")
    _add_set(command)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.add_argument("--plot", metavar="FILE", help="draw it, too: .png, .pdf or .svg (needs matplotlib)")
    command.set_defaults(command=_keyrate)


def _add_show(commands: Any) -> None:
    command = commands.add_parser(
        "show",
        help="print an index of the project",
        description="Print which function owns which equation, every key of a scenario file as a Markdown table, "
        "the JSON Schema of a scenario file (for editors), or every scheme.",
    )
    command.add_argument("what", choices=["equations", "parameters", "schema", "schemes"])
    command.set_defaults(command=_show)


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:  # what the tables hold
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 on, of at most 18 digits (got '{text}')")
    return int(text)


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        raise argparse.ArgumentTypeError(f"must be a whole number (got '{text}')")
    return int(text)


def _shard(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and len(text) <= 12 and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"must be i/n with 1 <= i <= n, as in 2/3 (got '{text}')")
    return int(part), int(parts)


def _from_to(low: float, high: float, kind: Callable[[str], float] = float) -> Callable[[str], float]:
    """What reads a number between two limits, both allowed."""

    def parsed(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            whole = "whole " if kind is int else ""
            raise argparse.ArgumentTypeError(f"must be a {whole}number from {low:g} to {high:g} (got '{text}')")
        return value

    return parsed


def _run(options: argparse.Namespace) -> int:
    from qvecsim.progress import bar
    from qvecsim.runner import run

    with bar(sys.stderr, shown=not options.quiet) as progress:
        result = run(
            options.scenario,
            *options.overrides,
            scheme=options.scheme,
            seed=options.seed,
            replication=options.replication,
            out=options.out,
            progress=progress,
        )
    if options.json:
        print(_json(result.summary))
    elif not options.quiet:
        from qvecsim.results.metrics import render

        print(render(result.summary))
    return 0


def _batch(options: argparse.Namespace) -> int:
    from pathlib import Path

    from qvecsim.progress import bar
    from qvecsim.scenario.plan import load_plan
    from qvecsim.study.batch import Order, Tally, make

    out = None if options.out is None else Path(options.out)
    asked = (options.overrides, options.seed, out, options.jobs, options.resume, options.shard, options.cluster)
    order = Order(load_plan(options.plan), *asked)
    tally = Tally(order.folder)
    shown = not options.quiet
    try:
        with bar(sys.stderr, shown=shown, unit="trace") as reading, bar(sys.stderr, shown=shown, unit="run") as running:
            for _ in make(order, tally, reading, running):
                pass
    except KeyboardInterrupt as stop:
        if tally.runs:
            stop.add_note(f"{tally.kept + tally.done} of {tally.runs} runs are whole; add --resume to go on.")
        raise
    except BatchError:
        _tell_batch(tally.summary(), options)
        raise
    _tell_batch(tally.summary(), options)
    return 0


def _tell_batch(counts: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json or not options.quiet:
        _tell(counts, options)


def _compare(options: argparse.Namespace) -> int:
    from qvecsim.study.compare import as_object, compare, left_out
    from qvecsim.study.wording import render

    # One run alone has nothing to be compared with but the best.
    alone = options.bound and len(options.results) == 1
    found = [] if alone else compare(*options.results, by=options.by, baseline=options.baseline, each=options.each)
    missing = 0 if alone else left_out(options.results)
    reports = [_bounds(path, options) for path in options.results] if options.bound else []
    if options.json:
        told = {"comparisons": [as_object(one) for one in found], "left_out": missing}
        print(_json(told | ({"bounds": [report.plain() for report in reports]} if options.bound else {})))
        return 0
    from qvecsim.bounds.report import render as bounds_of

    print("\n\n".join([*([] if alone else [render(found, missing)]), *map(bounds_of, reports)]))
    return 0


def _validate(options: argparse.Namespace) -> int:
    if ":" in options.subject and not options.subject.endswith((".yaml", ".yml")):
        return _validate_policy(options.subject)
    from qvecsim.scenario import load
    from qvecsim.validation import check_scenario

    scenario = load(options.subject, *options.overrides, seed=options.seed)
    check_scenario(scenario)
    print(f"{options.subject}: valid ({scenario.name}, profile {scenario.profile}, scheme {scenario.scheme}).")
    return 0


def _validate_policy(reference: str) -> int:
    from qvecsim.decision.schemes import policy_class
    from qvecsim.validation import problems_of

    problems = problems_of(policy_class(reference))
    for problem in problems:
        print(f"{reference}: {problem}", file=sys.stderr)
    if problems:
        return 2
    print(f"{reference}: valid (tried on a small world, with many vehicles and with none).")
    return 0


def _audit(options: argparse.Namespace) -> int:
    from qvecsim.audit import audit
    from qvecsim.audit.proof import proofs
    from qvecsim.audit.report import lines, plain, proof_lines

    report = audit(options.run)
    proved = None if options.prove is None or report.books is None else proofs(report.books, options.prove)
    if options.json:
        print(_json(plain(report, proved)))
    else:
        print("\n".join([*lines(report), *(proof_lines(proved) if proved else [])]))
    return 4 if report.faults or (options.prove is not None and (proved is None or not proved.sound)) else 0


def _bound(options: argparse.Namespace) -> int:
    from qvecsim.bounds.report import render

    report = _bounds(options.run, options, options.seed)
    print(_json(report.plain()) if options.json else render(report))
    return 0


def _bounds(path: str, options: argparse.Namespace, seed: int = 0) -> Any:
    from qvecsim.bounds.report import bounds
    from qvecsim.progress import bar

    with bar(sys.stderr, shown=True) as progress:
        return bounds(path, *options.overrides, slots=options.slots, seed=seed, progress=progress)


def _trace_info(options: argparse.Namespace) -> int:
    from qvecsim.world.mobility.reader import read_trace
    from qvecsim.world.mobility.trace import info

    if not options.file.endswith((".yaml", ".yml")):
        return _tell(info(read_trace(options.file)), options)
    from qvecsim.scenario import load
    from qvecsim.world.world import replayed

    return _tell(info(replayed(load(options.file, *options.overrides, seed=options.seed))), options)


def _trace_make(options: argparse.Namespace) -> int:
    from pathlib import Path

    from qvecsim.world.sumo.making import Town, make

    town = Town(
        options.grid,
        options.length,
        options.lanes,
        options.vehicles_per_hour,
        options.seconds,
        options.warmup,
        options.step,
        options.seed,
        options.parking,
    )
    network = None if options.network_out is None else Path(options.network_out)
    return _tell(make(town, Path(options.out), network, force=options.force), options)


def _tell(facts: dict[str, Any], options: argparse.Namespace) -> int:
    if options.json:
        print(_json(facts))
        return 0
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:<{width}}  {_told(value)}")
    return 0


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _keyrate(options: argparse.Namespace) -> int:
    from qvecsim import keyrate
    from qvecsim.scenario import defaults

    scenario = defaults(*options.overrides, protocol=options.protocol)
    table = keyrate.table(keyrate.places(options.km, options.db), scenario)
    if options.plot is not None:
        keyrate.plot(table, options.plot)
    print(_json(keyrate.plain(table)) if options.json else keyrate.render(table))
    return 0


def _show(options: argparse.Namespace) -> int:
    from qvecsim import show

    print(getattr(show, options.what)())
    return 0


def _json(facts: Any) -> str:
    """One object; what is no finite number is null, as JSON has neither NaN nor infinity."""
    gone = {name: None for name, value in facts.items() if isinstance(value, float) and not math.isfinite(value)}
    return json.dumps({**facts, **gone}, allow_nan=False)
