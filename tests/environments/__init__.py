"""Tests of ``qvecsim.gym``; not named so, because Stable-Baselines3 would take a package ``gym`` for OpenAI's."""
