"""What microphones, rooms and people do to a word. Pure: each function takes a NumPy generator."""

import numpy as np
import soxr
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.signal import fftconvolve

from digitd.messages import Float32

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


def synthetic_room(rng: Generator, rate_hz: int) -> Float32:
    """An impulse response: the direct sound and an exponentially decaying tail of noise.

    Reverberation time 0.15 to 0.7 s and direct-to-reverberant ratio 0 to 15 dB: living rooms and kitchens.
    """
    decay_s = rng.uniform(0.15, 0.7)
    length = round(decay_s * rate_hz)
    times_s = np.arange(length) / rate_hz
    tail = rng.standard_normal(length) * 10 ** (-3 * times_s / decay_s)
    tail *= 10 ** (-rng.uniform(0, 15) / 20) / np.sqrt(np.sum(np.square(tail)))
    tail[: round(0.002 * rate_hz)] = 0.0
    tail[0] = 1.0
    return tail.astype(np.float32)


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


def looped(samples: Float32, length: int, rng: Generator) -> Float32:
    """A stretch of the given length from anywhere in a recording, repeated as often as needed."""
    start = int(rng.integers(len(samples)))
    return np.resize(np.roll(samples, -start), length)
