"""Samples as a file that anybody can play."""

from io import BytesIO

import numpy as np
import soundfile

from digitd.messages import Float32


def wav(samples: Float32, rate_hz: int) -> bytes:
    """Encode audio as 16-bit WAV.

    Steps are counted here: the microphone's are of 1/32768, libsndfile's of 1/32767.

    Args:
        samples: Shape (n,), full scale is ±1.0.
        rate_hz: Their rate.
    """
    steps = np.rint(np.clip(samples * 2**15, -(2**15), 2**15 - 1)).astype(np.int16)
    written = BytesIO()
    soundfile.write(written, steps, rate_hz, "PCM_16", format="WAV")
    return written.getvalue()
