"""Quantum key distribution, modelled or measured."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from qvecsim.scenario.parameters.grain import (
    GYS,
    TABLE_II,
    File,
    Many,
    Node,
    NotNegative,
    Positive,
    Probability,
    Rate,
    broken,
    par,
)


class FieldQkd(Node):
    """What `physics.qkd: field` reads beside `qkd.attenuation_db_per_km`, `qkd.sifting` and the temperatures."""

    protocol: Literal["decoy", "finite", "bbm92"] = par(
        "decoy",
        "-",
        "",
        "ours",
        "decoy-state BB84 with keys without end or finite ones, or pairs from a source in the middle of the link",
    )
    decoys: Literal["infinite", "vacuum_weak"] = par(
        "infinite", "-", "", "Ma et al. 2005", "with `decoy`: what is known of single photons, all or two bounds"
    )
    finite_decoys: Literal["two", "one"] = par(
        "two", "-", "", "Lim et al. 2014; Rusca et al. 2018", "with `finite`: a weak and a near-vacuum decoy, or one"
    )
    clock_hz: Rate = par(1e9, "1/s", "", "Dixon et al. 2008", "pulses of the source; of its pump, with `bbm92`")
    efficiency: Probability = par(0.045, "-", "eta_Bob", GYS, "of a receiver: detectors and optics before them")
    dark_per_gate: float = par(1.7e-6, "-", "Y_0", GYS, "click without light, all detectors of a receiver", ge=0, le=1)
    misalignment: float = par(0.033, "-", "e_d", GYS, "photons that meet the wrong detector", ge=0, le=0.5)
    afterpulse: Probability = par(0.0, "-", "p_ap", "Lim et al. 2014", "chance that a click is followed by another")
    error_correction: float = par(1.22, "-", "f", GYS, "bits told per bit of entropy", ge=1, le=10)
    mu: float | None = par(
        None, "-", "mu", "ours", "photons of a signal pulse, pairs of a pump pulse; null: the best", gt=0, le=10
    )
    weak: float | None = par(
        None, "-", "nu", "ours", "photons of a weak decoy; null: the best, with `decoy` 0.05", gt=0, le=10
    )
    vacuum: NotNegative = par(2e-4, "-", "mu_3", "Lim et al. 2014", "photons of the near-vacuum decoy, two decoys")
    key_basis: float | None = par(
        None, "-", "q_x", "ours", "with `finite`: chance of the basis that makes the key; null: the best", gt=0, lt=1
    )
    signal_share: float | None = par(
        None, "-", "p_mu1", "ours", "with `finite`: share of signal pulses; null: the best", gt=0, lt=1
    )
    weak_share: float | None = par(
        None, "-", "p_mu2", "ours", "with two decoys: share of weak decoys; null: the best", gt=0, lt=1
    )
    block_bit: float = par(1e7, "bit", "n_X", "ours", "with `finite`: sifted bits that make one key", ge=1, le=1e18)
    secrecy: float = par(1e-9, "-", "epsilon_sec", "Rusca et al. 2018", "chance that a key is not secret", gt=0, lt=1)
    secrecy_per_bit: float | None = par(
        None, "-", "kappa", "Lim et al. 2014: 1e-15", "instead of `secrecy`: chance per secret bit", gt=0, lt=1
    )
    correctness: float = par(1e-15, "-", "epsilon_cor", "Lim et al. 2014", "chance that the ends differ", gt=0, lt=1)
    dead_time_s: NotNegative = par(0.0, "s", "tau", "ours", "a receiver is blind after a click", le=1.0)
    dead_time: Literal["non_paralysable", "paralysable"] = par(
        "non_paralysable", "-", "", "Knoll 2010", "whether a click in the dead time is lost, or begins it anew"
    )
    post_processing_cap_bps: float | None = par(
        None, "bit/s", "", "ours", "most key that the electronics of a link distil; null: no limit", gt=0, le=1e14
    )
    dark_activation_ev: NotNegative = par(
        0.25, "eV", "E_a", "ours", "activation energy of the background, from `qkd.reference_k`", le=2.0
    )
    misalignment_drift_rad: NotNegative = par(
        0.0, "rad", "", "ours", "standard deviation of the slow random phase between the ends", le=1.5
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._rising("weak", "mu")
        self._rising("vacuum", "weak")
        if self.protocol == "finite" and self.finite_decoys == "two" and self.mu is not None:
            least = (self.weak or self.vacuum) + self.vacuum
            if self.mu <= least:
                raise broken("mu", f"be greater than 'weak' (or 'vacuum') and 'vacuum' together, {least!r}", self.mu)
        if self.signal_share is not None and self.weak_share is not None and self.signal_share + self.weak_share >= 1:
            raise broken("weak_share", f"be below 1 with 'signal_share', {self.signal_share!r}", self.weak_share)
        return self


class Qkd(Node):
    """Quantum key distribution, (1)-(12)."""

    source_rate_hz: Rate = par(50.0, "1/s", "v_s", TABLE_II, "maximum output of the source")
    preparation_rad: float = par(1.5707963267948966, "rad", "theta^k", "ours", "state preparation; pi/2: full output")
    source_loss_per_km: NotNegative = par(0.0460517, "1/km", "sigma", "0.2 dB/km", "source-specific attenuation in (1)")
    phase_rad: float = par(0.2, "rad", "theta^I", "ours", "phase difference")
    phase_noise: NotNegative = par(0.03, "-", "rho", "ours", "phase noise")
    temperature_coefficient: NotNegative = par(0.003, "1/K", "mu^tem", "ours", "loss of efficiency per kelvin")
    temperature_k: Positive = par(293.15, "K", "F", "ours", "mean operating temperature of the detectors")
    reference_k: Positive = par(293.15, "K", "F_0", "ours", "temperature at which efficiency is the intrinsic one")
    efficiencies: Many[Probability] = par(
        (0.8, 0.9, 1.0), "-", "eta_i", TABLE_II, "levels an action may set", min_length=1
    )
    other_efficiency: Probability = par(0.5, "-", "eta_ot", "ours", "everything but the detectors")
    attenuation_db_per_km: NotNegative = par(0.2, "dB/km", "alpha(lambda)", "1550 nm fibre", "fibre loss")
    noise_base_hz: NotNegative = par(5.0, "1/s", "N_0", "ours", "baseline of the channel noise")
    noise_amplitude_hz: NotNegative = par(1.0, "1/s", "A", "ours", "scattering part, (7)")
    noise_decay: Positive = par(0.1, "-", "beta", "ours", "its decay")
    noise_swing_hz: NotNegative = par(2.0, "1/s", "B", "ours", "oscillating part, (7)")
    noise_frequency: Positive = par(1.0, "-", "mu^q", "ours", "its frequency over omega")
    noise_omega_rad_s: Positive = par(1.0, "rad/s", "omega", "ours", "angular velocity")
    noise_phase_rad: float = par(0.0, "rad", "varphi", "ours", "phase offset")
    noise_phase_drift_rad: NotNegative = par(0.0, "rad", "", "ours", "standard deviation of its slow random part")
    noise_floor_hz: Positive = par(1e-3, "1/s", "N_min", "ours", "guard of (8)")
    noise_per_efficiency: NotNegative = par(
        0.0, "-", "", "ours", "relative noise that a detector adds at full efficiency"
    )
    error_floor: Probability = par(0.0, "-", "epsilon^err", "ours", "other sources of errors")
    fluctuation: NotNegative = par(1.0, "-", "mu_1", "ours", "statistical fluctuation, (11)")
    sample_bit: Positive = par(1e6, "bit", "n_sec", "ours", "length of the filtered key")
    entropy_factor: NotNegative = par(2.16, "-", "mu_2", "1 + f_EC, f_EC = 1.16", "cost of an error, (11)")
    epsilon: NotNegative = par(1e-10, "-", "epsilon_sec", "ours", "security parameter")
    sifting: Probability = par(0.5, "-", "q", "BB84", "share of signals measured in the right basis")
    pair_rates_hz: Many[Rate] = par(
        (10.0, 20.0, 50.0), "1/s", "kappa^ent", TABLE_II, "set for sources.pair_rate: table"
    )
    qbers: Many[Probability] = par((0.01, 0.05, 0.1), "-", "kappa^qbe", TABLE_II, "set for sources.qber: table")
    visibilities: Many[Probability] = par(
        (0.8, 0.85, 0.9, 0.95, 1.0), "-", "varpi_I", TABLE_II, "set for sources.visibility: table"
    )
    temperature_swing_k: NotNegative = par(0.0, "K", "", "ours", "amplitude of the day's temperature")
    temperature_period_s: Positive = par(86_400.0, "s", "", "ours", "length of a day")
    temperature_drift_k: NotNegative = par(0.0, "K", "", "ours", "standard deviation of the slow random part")
    temperature_memory_s: Positive = par(600.0, "s", "", "ours", "time constant of drift and of self-heating")
    heating_k: NotNegative = par(0.0, "K", "", "ours", "self-heating of a detector run at full efficiency")
    field: FieldQkd = par(FieldQkd, "-", "", "ours", "the model `physics.qkd: field`")


class Measured(Node):
    """Key rates that were measured."""

    file: File | None = par(
        None, "-", "", "ours", "CSV series of key rates per link, instead of (1)-(12) where it tells"
    )
