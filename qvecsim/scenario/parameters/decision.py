"""What is minimised, and how schemes decide."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from qvecsim.scenario.parameters.grain import (
    TABLE_II,
    File,
    Node,
    NotNegative,
    Positive,
    Probability,
    Whole,
    broken,
    par,
)


class Objective(Node):
    """(22)."""

    latency_weight: float = par(0.4, "-", "xi_1", TABLE_II, "latency against keys", gt=0, lt=1)
    key_scale: Positive = par(0.5, "-", "xi_2", TABLE_II, "meshing factor")
    reference_bps: Positive = par(1000.0, "bit/s", "", "ours", "key rate of one link that counts 1, in `amended`")
    reference_s: Positive = par(1.0, "s", "", "ours", "latency that counts 1, in `amended`")
    reference_block_s: Positive = par(10.0, "s", "", "ours", "time to finality that counts 1, in `amended`")
    drop_s: NotNegative = par(10.0, "s", "", "ours", "latency that a dropped task counts as, beside what it waited")


class Sources(Node):
    """Whether a quantity of Table II is computed or drawn from its set."""

    pair_rate: Literal["equation", "table"] = par("equation", "-", "kappa^ent", "ours", "(1) or qkd.pair_rates_hz")
    visibility: Literal["equation", "table"] = par("equation", "-", "varpi_I", "ours", "(2) or qkd.visibilities")
    qber: Literal["equation", "table"] = par("equation", "-", "kappa^qbe", "ours", "(9) or qkd.qbers")
    generation: Literal["equation", "table"] = par("equation", "-", "t_b^g", "ours", "(18) or chain.interval_s")
    rate: Literal["equation", "table"] = par("equation", "-", "nu_x", "ours", "(14) or radio.rate_bps")


class Learning(Node):
    """What macro mode and the heads of branch mode read, and policies of your own as ``self.scenario.learning``."""

    discount: float = par(
        0.9,
        "-",
        "phi",
        TABLE_II + ": 0.9, 0.95, 0.99",
        "weight of the next slot's reward in macro mode, and of heads",
        ge=0,
        lt=1,
    )
    learning_rate: Positive = par(
        0.01,
        "-",
        "vartheta",
        TABLE_II + ": 0.001, 0.01, 0.05",
        "step of an update in macro mode, and of heads",
    )


class Noise(Node):
    """Errors of quantum hardware, after each gate of {rz, sx, x, cx} but rz, which only changes the frame."""

    depolarizing_1q: Probability = par(0.0, "-", "", "ours", "of the depolarising channel after sx and x")
    depolarizing_2q: Probability = par(0.0, "-", "", "ours", "of the depolarising channel after cx")
    readout: Probability = par(0.0, "-", "", "ours", "chance that a bit is read as the other")


class Decision(Node):
    """How schemes decide that are more than a rule; `backend` to `device` are read by schemes with quantum circuits."""

    mode: Literal["branch", "macro"] = par(
        "branch",
        "-",
        "",
        "ours",
        "each vehicle by itself, any number of them, or one of a few macro actions for all of at most 32",
    )
    heads: Literal["fixed", "learned"] = par(
        "fixed",
        "-",
        "",
        "ours",
        "efficiency, producer and band in branch mode, of schemes that learn: as the scenario has them, or learned too",
    )
    policy: File | None = par(
        None, "-", "", "ours", "folder of what a scheme has learned (qvecsim train); null: it learns online"
    )
    observation: Literal["extended", "paper"] = par(
        "extended", "-", "s", "ours", "what macro mode sees: queues, tasks and keys as well, or what (24) lists"
    )
    vehicles: Whole = par(32, "-", "V", "ours", "most vehicles that macro mode has inputs for", ge=1, le=32)
    macro_qubits: Whole = par(6, "-", "beta", "ours", "2^beta macro actions, eq. (44)", ge=4, le=10)
    blocks: Literal["chosen", "fixed"] = par(
        "chosen", "-", "", "ours", "from 9 qubits on: the size of blocks is part of a macro action, or stays"
    )
    backend: Literal["exact", "shots", "aer"] = par(
        "exact",
        "-",
        "",
        "ours",
        "values by which it decides: exact, estimated from outcomes drawn by the exact law, or the circuits run in "
        "Qiskit Aer, slowly; it learns from exact ones",
    )
    shots: Whole = par(
        1000, "-", "", "ours", "outcomes of each circuit; with `exact` only counted as resources", ge=1, le=10**6
    )
    noise: Noise | None = par(None, "-", "", "ours", "errors of the hardware that `aer` imitates; null: none")
    device: Literal["auto", "cpu", "cuda"] = par(
        "cpu",
        "-",
        "",
        "ours",
        "where circuits are computed: NumPy, CuPy on a CUDA device, or `auto`: CuPy if it and a device are there",
    )

    @model_validator(mode="after")
    def _noise_of_aer(self) -> Self:
        if self.noise is not None and self.backend != "aer":
            raise broken("noise", "be left out unless 'backend' is aer", self.noise.model_dump())
        return self


SCHEME = "scheme"
POLICY, LEARNED = "decision.policy", "policy.npz"  # the key that names a folder, and the file of it that decides


class Physics(Node):
    """Which model answers at each seam: a profile's name, or module:function; null follows `profile`."""

    qkd: str | None = par(None, "-", "", "ours", "(1)-(12)")
    vec: str | None = par(None, "-", "", "ours", "(13)-(17)")
    chain: str | None = par(None, "-", "", "ours", "(18)-(21)")
    problem: str | None = par(None, "-", "", "ours", "(22)-(23)")
