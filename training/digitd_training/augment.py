"""What microphones, rooms and people do to a word. Pure: each function takes a NumPy generator."""

from collections.abc import Sequence

import numpy as np
import soxr
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.signal import fftconvolve

from digitd.messages import Float32, Float64

Generator = np.random.Generator


def rms(samples: Float32) -> float:
    """Root of the mean square; never zero."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


def speech_level(samples: Float32, rate_hz: int) -> float:
    """Root mean square of the loudest quarter of 20 ms frames: silence around a word does not count."""
    frame = rate_hz // 50
    whole = samples[: max(len(samples) // frame, 1) * frame]
    energies = np.sort(np.square(whole.reshape(-1, min(frame, len(whole)))).mean(axis=1))
    return float(np.sqrt(energies[-max(len(energies) // 4, 1) :].mean() + 1e-12))


def changed_speed(samples: Float32, rng: Generator, spread: float) -> Float32:
    """Play faster or slower, pitch and formants with it: other vocal tracts."""
    factor = float(np.exp(rng.uniform(-spread, spread)))
    faster: Float32 = soxr.resample(samples, 16_000, round(16_000 / factor), quality="MQ")
    return faster.astype(np.float32)


def tilted(samples: Float32, rng: Generator, rate_hz: int) -> Float32:
    """Colour the sound as microphones do: a smooth random response of ±8 dB over the octaves."""
    size = next_fast_len(len(samples), real=True)
    frequencies_hz = np.maximum(rfftfreq(size, 1 / rate_hz), 30.0)
    octaves = np.log2(np.geomspace(60, rate_hz / 2, 7))
    gains_db = np.cumsum(rng.normal(0, 2.5, len(octaves)))
    response_db = np.interp(np.log2(frequencies_hz), octaves, gains_db - gains_db.mean())
    response = 10 ** (response_db.astype(np.float32) / 20)
    coloured: Float32 = irfft(rfft(samples, size) * response, size)[: len(samples)]
    return coloured


def band_limited(samples: Float32, rng: Generator, rate_hz: int) -> Float32:
    """Leave a band as telephones and cheap microphones do: from 80..350 Hz to 3..7 kHz, with soft edges."""
    size = next_fast_len(len(samples), real=True)
    octaves = np.log2(np.maximum(rfftfreq(size, 1 / rate_hz), 1.0))
    low, high = np.log2(rng.uniform(80, 350)), np.log2(rng.uniform(3000, 7000))
    below, above = np.maximum(low - octaves, 0), np.maximum(octaves - high, 0)
    response = 10 ** (-(18 * below + 36 * above).astype(np.float32) / 20)
    limited: Float32 = irfft(rfft(samples, size) * response, size)[: len(samples)]
    return limited


def synthetic_room(rng: Generator, rate_hz: int) -> Float32:
    """An impulse response: the direct sound and an exponentially decaying tail of noise.

    Reverberation time 0.15 to 0.7 s and direct-to-reverberant ratio 0 to 15 dB: living rooms and kitchens.
    """
    decay_s = rng.uniform(0.15, 0.7)
    tail = reverberation(rng, decay_s, rate_hz)
    tail *= 10 ** (-rng.uniform(0, 15) / 20) / np.sqrt(np.sum(np.square(tail)))
    tail[: round(0.002 * rate_hz)] = 0.0
    tail[0] = 1.0
    return tail.astype(np.float32)


def reverberation(rng: Generator, decay_s: float, rate_hz: int) -> Float64:
    """Noise that falls by 60 dB in its length, which is the reverberation time."""
    times_s = np.arange(round(decay_s * rate_hz)) / rate_hz
    tail: Float64 = rng.standard_normal(len(times_s)) * 10 ** (-3 * times_s / decay_s)
    return tail


def in_room(samples: Float32, response: Float32) -> Float32:
    """Convolve with an impulse response whose direct sound is put at its beginning."""
    direct = int(np.argmax(np.abs(response)))
    wet: Float32 = fftconvolve(samples, response[direct:] / abs(response[direct]))
    return wet.astype(np.float32)


def coloured_noise(length: int, rng: Generator, exponent: float) -> Float32:
    """Noise of power 1/f^exponent, root mean square 1: 0 is white, 1 pink, 2 brown."""
    size = next_fast_len(length, real=True)
    spectrum = rfft(rng.standard_normal(size, np.float32))
    spectrum /= np.maximum(np.arange(len(spectrum), dtype=np.float32), 1) ** np.float32(exponent / 2)
    noise: Float32 = irfft(spectrum, size)[:length]
    return noise / np.float32(rms(noise))


def hum(length: int, rng: Generator, rate_hz: int) -> Float32:
    """Mains hum with its harmonics, root mean square 1."""
    base_hz = rng.choice([50.0, 60.0])
    times_s = np.arange(length) / rate_hz
    tones = sum(
        rng.uniform(0, 1) / order * np.sin(2 * np.pi * (base_hz * order * times_s + rng.uniform()))
        for order in range(1, 9)
    )
    sound = np.asarray(tones, np.float32)
    return sound / np.float32(rms(sound))


def babble(voices: Sequence[Float32], length: int, rng: Generator) -> Float32:
    """People talking at once, three to seven of them, root mean square 1.

    Args:
        voices: Recordings of running speech to choose from.
        length: Samples.
        rng: Who talks, and how near.
    """
    talk = np.zeros(length, np.float32)
    for _ in range(int(rng.integers(3, 8))):
        voice = looped(voices[int(rng.integers(len(voices)))], length, rng)
        talk += voice / np.float32(rms(voice)) * np.float32(10 ** (rng.uniform(-6, 6) / 20))
    level: Float32 = talk / np.float32(rms(talk))
    return level


def music(length: int, rng: Generator, rate_hz: int) -> Float32:
    """Chords of plucked and blown tones over a drum, root mean square 1: what a radio plays, very roughly."""
    sound = np.zeros(length, np.float32)
    beat = round(rng.uniform(0.15, 0.5) * rate_hz)
    scale = 110 * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16, 19, 21]) / 12 + rng.uniform(0, 2))
    for at in range(0, length, beat):
        tones = rng.choice(scale, int(rng.integers(1, 5)))
        span = min(beat * int(rng.integers(1, 4)), length - at)
        sound[at : at + span] += sum(_tone(span, tone_hz, rng, rate_hz) for tone_hz in tones)
        drum = min(round(0.05 * rate_hz), length - at)
        sound[at : at + drum] += rng.uniform(0, 1) * rng.standard_normal(drum).astype(np.float32)
    level: Float32 = sound / np.float32(rms(sound))
    return level


def _tone(length: int, pitch_hz: float, rng: Generator, rate_hz: int) -> Float32:
    times_s = np.arange(length, dtype=np.float32) / np.float32(rate_hz)
    fade = rng.uniform(0.5, 2.0)
    partials = sum(
        np.sin(np.float32(2 * np.pi * pitch_hz * order) * times_s) / np.float32(order**fade)
        for order in range(1, 6)
    )
    attack_s, decay = rng.uniform(0.005, 0.05), rng.uniform(1, 8)
    envelope = np.minimum(times_s / np.float32(attack_s), 1) * np.exp(np.float32(-decay) * times_s)
    return np.asarray(partials * envelope, np.float32)


def looped(samples: Float32, length: int, rng: Generator) -> Float32:
    """A stretch of the given length from anywhere in a recording, repeated as often as needed."""
    start = int(rng.integers(len(samples)))
    return np.resize(np.roll(samples, -start), length)
