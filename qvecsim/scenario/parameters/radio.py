"""Uplink and downlink."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from qvecsim.scenario.parameters.grain import TABLE_II, Node, NotNegative, Positive, Probability, par


class Radio(Node):
    """Uplink and downlink."""

    bandwidth_hz: Positive = par(35e6, "Hz", "B^{v,m}", TABLE_II, "band of a roadside unit (Wi-Fi)")
    downlink_hz: Positive = par(35e6, "Hz", "", TABLE_II, "band of the way back (cellular)")
    downlink_power_w: Positive = par(1.0, "W", "", "ours", "transmission power of a roadside unit")
    noise_dbm: float = par(-174.0, "dBm", "sigma_v", TABLE_II, "AWGN; per hertz in `psd`, of the whole band in `total`")
    noise: Literal["psd", "total", "literal"] = par(
        "psd", "-", "", "ours", "reading of sigma_v; literal squares a power"
    )
    noise_figure_db: NotNegative = par(9.0, "dB", "", "3GPP TR 37.885", "of the receiver, in `psd`")
    admission_db: float = par(18.0, "dB", "gamma", TABLE_II, "least SINR with which an upload may start")
    access: Literal["noma", "ofdma"] = par(
        "noma",
        "-",
        "",
        "Tse, Viswanath 2005, 6.1",
        "in `field`: uploads of a unit share its whole band, or have equal parts of it",
    )
    sic_residual: Probability = par(
        0.0, "-", "", "ours", "in `field`: power of a decoded upload that its cancellation leaves"
    )
    power: Literal["full", "fractional"] = par(
        "full", "-", "", "ours", "in `field`: a vehicle sends with all its power, or by open-loop control with less"
    )
    power_target_dbm: float = par(
        -70.0, "dBm", "P_0", "ours", "with `fractional`: wanted at the unit, of the whole band", ge=-200, le=60
    )
    power_compensation: Probability = par(
        1.0, "-", "alpha", "3GPP TS 38.213, 7.1.1", "with `fractional`: part of the path loss that is made up for"
    )
    outage_db: float | None = par(
        None, "dB", "", "Proakis 2001, 14.3", "in `field`: SINR below which a slot of an upload is lost; null: none"
    )
    refused: Literal["wait", "local", "drop"] = par("wait", "-", "", "ours", "what a task does that is not admitted")
    carrier_hz: Positive = par(5.9e9, "Hz", "", "ITS band", "carrier")
    exponent: Positive = par(3.0, "-", "", "JSA 2022 VEC benchmark", "path-loss exponent beyond the reference of 1 m")
    fading: Literal["rayleigh", "rician", "none"] = par(
        "rayleigh", "-", "", "ours", "fading of a slot: no direct path, one of `rician_k_db`, or the mean alone"
    )
    rician_k_db: float = par(
        9.0, "dB", "K", "3GPP TR 38.901, table 7.5-6, UMi LOS", "direct path over what is scattered", ge=-60, le=60
    )
    sight: Literal["probability", "los", "nlosv", "nlos"] = par(
        "probability", "-", "", "ours", "line of sight of the 3GPP channels: by distance and place, or fixed"
    )
    sight_m: Positive = par(
        50.0, "m", "", "3GPP TR 38.901, table 7.6.3.1-2", "decorrelation distance of what blocks the sight"
    )
    shadow_db: NotNegative | None = par(
        None, "dB", "", "ours", "standard deviation of the 3GPP channels' shadowing; null: the model's own"
    )
    shadow_m: Positive | None = par(None, "m", "", "ours", "its decorrelation distance; null: the model's own")
    rsu_antenna_m: Positive = par(5.0, "m", "h_BS", "3GPP TR 37.885, 6.1.4", "height of a roadside unit's antenna")
    vehicle_antenna_m: Positive = par(1.6, "m", "h_UT", "3GPP TR 37.885, 6.1.2", "height of a vehicle's antenna")
    blocker_m: Positive = par(
        3.0, "m", "", "3GPP TR 37.885, 6.1.2, type 3", "height of a vehicle that blocks the sight"
    )
    gain_min_db: float = par(-220.0, "dB", "g_min", "ours", "channel gains are clipped to this")
    gain_max_db: float = par(-40.0, "dB", "g_max", "ours", "channel gains are clipped to this")
    rate_bps: Positive = par(15e6, "bit/s", "nu_x", TABLE_II, "rate of an upload where sources.rate is `table`")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._rising("gain_min_db", "gain_max_db")
        return self
