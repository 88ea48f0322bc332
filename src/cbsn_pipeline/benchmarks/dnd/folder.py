"""The folder of DND as published: its files and their variables."""

INFO_FILE = "info.mat"
INFO_GROUP = "info"
INFO_FIELDS = ("boundingboxes", "camera", "nlf", "sigma_raw", "sigma_srgb")
IMAGE_FOLDER = "images_srgb"
IMAGE_VARIABLE = "InoisySRGB"  # stored (3, W, H), float in [0, 1]


def image_file_name(image: int) -> str:
    """Name the file of an image in ``images_srgb`` and in ``bundled`` (from 1).

    >>> image_file_name(7)
    '0007.mat'
    """
    return f"{image:04d}.mat"
