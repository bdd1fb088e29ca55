"""Blocks, validators, and what fails."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from qvecsim.scenario.parameters.grain import (
    NUMBER,
    SET,
    TABLE_II,
    Instant,
    Many,
    Node,
    NotNegative,
    Positive,
    Probability,
    TimerDraw,
    Whole,
    _shape,
    broken,
    par,
)


def _validator(value: object) -> object:
    # The validator of the fourth unit is written 3, and kept as #3.
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return f"#{value}"
    if not isinstance(value, str):
        raise ValueError("be the name of a roadside unit, or its number, from 0")
    return value


Members = Annotated[
    Annotated[Probability, Tag(NUMBER)]
    | Annotated[Many[Annotated[str, BeforeValidator(_validator), Field(min_length=1, max_length=64)]], Tag(SET)],
    Discriminator(_shape, "members", "be a share from 0 to 1, or a list of roadside units"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]}},
            ]
        }
    ),
]


class Validators(Node):
    """Validators that do not do their part; each roadside unit's edge server is one."""

    absent: Members = par(
        (), "-", "", "ours", "neither vote nor make blocks: names, numbers from 0, or a share of the stake at the start"
    )
    byzantine: Members = par((), "-", "", "ours", "work against the chain: names, numbers, or a share in the same way")
    behaviour: Literal["equivocate", "invalid", "silent"] = par(
        "equivocate",
        "-",
        "",
        "ours",
        "what Byzantine ones do: make and sign two blocks at a height, make and sign invalid ones, or do nothing",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        absent, byzantine = self.absent, self.byzantine
        if isinstance(absent, float) and isinstance(byzantine, float) and absent + byzantine > 1:
            raise broken("absent", f"be at most 1 together with 'byzantine', which is {byzantine!r}", absent)
        return self


class Chain(Node):
    """Blocks and consensus, (18)-(21) and Algorithm 1."""

    interval_s: TimerDraw = par((10.0, 20.0, 30.0), "s", "t_b^g", TABLE_II, "time between blocks, drawn block by block")
    trigger: Literal["timer", "full"] = par(
        "timer",
        "-",
        "",
        "Androulaki et al. 2018",
        "`full`: a block is also due as soon as its transactions are there, seen at slot boundaries",
    )
    block_bit: Whole = par(16_384, "bit", "s^b", TABLE_II + " (2 KB)", "size of a block", ge=1, le=2**40)
    cycles_per_bit: NotNegative = par(737.5, "cycles/bit", "rho^b", TABLE_II, "work of making a block")
    clock_hz: Positive = par(2.5e9, "Hz", "c_m^b", TABLE_II, "clock that makes it, where `clock_share` is null")
    clock_share: Annotated[float, Field(gt=0, le=1)] | None = par(
        None,
        "-",
        "",
        "ours",
        "of its clock what a producing server lends to its block, and its tasks lack; null: nothing",
    )
    weight_s_per_bit: NotNegative = par(1e-6, "s/bit", "c^q", "ours", "weighing one key bit, in (19)")
    weight_s: NotNegative = par(1e-5, "s", "", "ours", "weighing a stake, in `amended`")
    signature: Literal["none", "ml_dsa_44", "ml_dsa_65", "ml_dsa_87", "ed25519", "slh_dsa_shake_128f"] = par(
        "ml_dsa_44", "-", "", "FIPS 204, FIPS 205, RFC 8032", "how transactions, blocks and votes are signed"
    )
    signing: Literal["model", "real"] = par(
        "model",
        "-",
        "",
        "ours",
        "`real` makes the signatures of blocks and votes and writes them; for ML-DSA and Ed25519, with qvecsim[crypto]",
    )
    vote_bit: Annotated[Whole, Field(ge=0, le=2**40)] | None = par(
        None, "bit", "s^v", "ours", "size of a vote; null: a hash and a signature"
    )
    vote_s: NotNegative | None = par(None, "s", "", "ours", "signing a vote, in `amended`; null: by `signature`")
    header_bit: Whole = par(1600, "bit", "s_b^h", "ours", "size of a block header", ge=0, le=2**40)
    transaction_bit: Whole = par(2048, "bit", "Delta s_v", "ours", "size of a transaction", ge=1, le=2**40)
    transaction_s: NotNegative | None = par(
        None, "s", "Delta t_v", "ours", "checking one transaction; null: verifying its signature, by `signature`"
    )
    deadline_s: Positive = par(1.0, "s", "T^b_max", TABLE_II, "tolerable time to finality, C6")
    consensus: str = par(
        "poqks",
        "-",
        "",
        "ours",
        "`poqks`, `poqks_printed`, `pos`, `round_robin`, a module, or module:name",
        min_length=1,
    )
    validators: Validators = par(Validators, "-", "", "ours", "who does not do its part")
    initial_stake_bit: Whole = par(1000, "bit", "qk(i)", "ours", "stake of each validator at the start", ge=1, le=2**50)
    reward: NotNegative = par(10.0, "-", "alpha_1", "ours", "Algorithm 1")
    vote_reward: NotNegative = par(4.0, "-", "alpha_2", "ours", "Algorithm 1")
    slash_share: NotNegative = par(2.0, "-", "alpha_3", "ours", "Algorithm 1")
    fee: NotNegative = par(6.0, "-", "beta", "ours", "Algorithm 1")

    @model_validator(mode="after")
    def _roomy(self) -> Self:
        least = self.header_bit + self.transaction_bit
        if self.block_bit < least:
            raise broken("block_bit", f"hold a header and one transaction, {least} bit", self.block_bit)
        return self

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.signing == "real" and self.signature in ("none", "slh_dsa_shake_128f"):
            rule = f"be 'model' with 'signature' '{self.signature}'; ml_dsa_44, _65 or _87 and ed25519 can be real"
            raise broken("signing", rule, self.signing)
        return self


KINDS = ("fibre_cut", "node_down", "server_down", "rsu_down", "byzantine", "eavesdropper")


class Fault(Node):
    """Something that stops working, or someone who begins to work against the rest."""

    kind: Literal["fibre_cut", "node_down", "server_down", "rsu_down", "byzantine", "eavesdropper"] = par(
        ..., "-", "", "ours", "a link, a QKD node, an edge server, a roadside unit, a validator, a tapped link"
    )
    where: Annotated[str, Field(min_length=1, max_length=160)] | None = par(
        None, "-", "", "ours", "name of the link, node or roadside unit; null, with `rate_hz`: each of them by itself"
    )
    begin_s: Instant | None = par(None, "s", "", "ours", "when it begins; or else `rate_hz`")
    rate_hz: Annotated[float, Field(gt=0, le=1)] | None = par(
        None, "1/s", "", "ours", "how often it begins while it is not there, drawn; or else `begin_s`"
    )
    lasts_s: Annotated[float, Field(gt=0, le=1e9)] | None = par(
        None, "s", "", "ours", "how long it lasts, with `rate_hz` the mean; null: to the end"
    )
    intercepted: Probability | None = par(
        None,
        "-",
        "",
        "BB84: 1/4 of these come out wrong",
        "share of the signals that an eavesdropper measures and sends on; null: all",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.begin_s is None) == (self.rate_hz is None):
            raise broken("begin_s", "be given, or 'rate_hz' instead, and not both", self.begin_s)
        if self.begin_s is not None and self.where is None:
            raise broken("where", "be given with 'begin_s'", None)
        if self.intercepted is not None and self.kind != "eavesdropper":
            raise broken("intercepted", "be left out unless 'kind' is eavesdropper", self.intercepted)
        return self
