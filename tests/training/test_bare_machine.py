"""Training needs torch, numpy and pydantic: a rented GPU machine has little else."""

import subprocess
import sys

WITHOUT = """
import sys
BLOCKED = {
    "kedro", "kedro_datasets", "mlflow", "h5py", "pandas", "scipy", "cv2", "skimage",
    "rich", "matplotlib", "omegaconf", "tifffile", "safetensors",
}
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is not there")
sys.meta_path.insert(0, Block())
import cbsn_pipeline.training.distributed.worker
import cbsn_pipeline.training.distributed.launch
import cbsn_pipeline.training.estimate.estimate
"""


def test_training_is_imported_without_the_rest():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
