import json
import logging
import threading

import cv2
import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from kedro.validation.type_extractor import TypeExtractor
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset
from scipy.io import savemat

from cbsn_pipeline.datasets.image_set_dataset import ImageSetDataset
from cbsn_pipeline.formats.images import write_png
from cbsn_pipeline.imaging.metrics import SCORES_IN_WORDS, psnr, score
from cbsn_pipeline.photos.image_set import find_image_set
from cbsn_pipeline.pipelines.score import create_pipeline, nodes, scoring
from cbsn_pipeline.pipelines.score.options import ScoreOptions

SIZE = (16, 20)


def image(seed, size=SIZE, dtype=np.uint8):
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(0, top, (*size, 3)).astype(dtype)


@pytest.fixture
def folders(tmp_path):
    """Two folders of three images with the same names."""
    for number, name in enumerate(("a.png", "b.png", "day/c.png")):
        write_png(tmp_path / "ours" / name, image(number))
        write_png(tmp_path / "gt" / name, image(100 + number))
    return tmp_path / "ours", tmp_path / "gt"


@pytest.fixture
def run(tmp_path):
    """Run the stage through its files; returns the table and the summary."""

    def run(denoised, clean, *, variables=(None, None), **options):
        catalog = DataCatalog(
            {
                "denoised_images": ImageSetDataset(
                    filepath=str(denoised), option="denoised", variable=variables[0]
                ),
                "clean_images": ImageSetDataset(
                    filepath=str(clean), option="clean", variable=variables[1]
                ),
                "params:score": MemoryDataset(
                    ScoreOptions(**options), copy_mode="assign"
                ),
                "scored_pairs": MemoryDataset(copy_mode="assign"),
                "pair_scores": CSVDataset(
                    filepath=(tmp_path / "scores.csv").as_posix(),
                    save_args={"index": False},
                ),
                "pair_score_summary": JSONDataset(
                    filepath=(tmp_path / "summary.json").as_posix()
                ),
            }
        )
        SequentialRunner().run(create_pipeline(), catalog)
        summary = json.loads(
            (tmp_path / "summary.json").read_text(), parse_constant=pytest.fail
        )
        return pd.read_csv(tmp_path / "scores.csv"), summary

    return run


def test_kedro_finds_the_options_of_the_nodes(caplog):
    with caplog.at_level(logging.WARNING):
        found = TypeExtractor({"it": create_pipeline()}).extract_types_from_pipelines()

    assert found == {"score": ScoreOptions}
    assert not caplog.records


def test_two_folders_are_scored_by_name(run, folders, capsys):
    scores, summary = run(*folders)

    assert scores["image"].tolist() == ["a.png", "b.png", "day/c.png"]
    assert scores["depth"].tolist() == ["uint8"] * 3
    expected = [score(image(n), image(100 + n)) for n in range(3)]
    for metric in SCORES_IN_WORDS:
        column = [row[metric] for row in expected]
        assert scores[metric].tolist() == pytest.approx(column)
        assert summary["means"][metric] == pytest.approx(np.mean(column))
    assert summary["worst"]["scores"]["psnr_db"] == scores["psnr_db"].min()
    assert summary["conventions"] == SCORES_IN_WORDS
    shown = capsys.readouterr().out
    assert "mean of 3" in shown
    assert f"{summary['means']['psnr_db']:.2f}" in shown


def test_scores_do_not_depend_on_the_number_of_threads(run, folders):
    one, _ = run(*folders, workers=1)
    four, _ = run(*folders, workers=4)

    assert one.equals(four)


def test_few_images_are_in_memory_at_a_time(run, folders, monkeypatch):
    """Images are read while they are scored, not all before."""
    events, lock = [], threading.Lock()
    original = scoring.score

    def note(*pair):
        with lock:
            events.append("score")
        return original(*pair)

    def difference(denoised, clean):
        with lock:
            events.append("read")
        return ""

    monkeypatch.setattr(scoring, "score", note)
    monkeypatch.setattr(scoring, "_difference", difference)

    run(*folders, workers=1)

    assert events == ["read", "score"] * 3


def test_pairs_in_one_folder_are_told_apart_by_suffixes(run, tmp_path):
    folder = tmp_path / "polyu"
    folder.mkdir()
    for name in ("x_real.JPG", "x_mean.JPG", "y_real.JPG", "y_mean.JPG"):
        cv2.imwrite(str(folder / name), image(len(name)))

    scores, summary = run(folder, folder, denoised_suffix="_real", clean_suffix="_mean")

    assert scores["clean"].tolist() == ["x_mean.JPG", "y_mean.JPG"]
    assert summary["num_images"] == 2


def test_two_matlab_files_are_scored_block_by_block(run, tmp_path):
    blocks = np.stack([image(n) for n in range(12)]).reshape(2, 3, 2, *SIZE, 3)
    for name, part in (("ours", 0), ("gt", 1)):
        array = blocks[:, :, part]
        savemat(tmp_path / f"{name}.mat", {"Blocks": array, "other": array})

    scores, _ = run(
        tmp_path / "ours.mat", tmp_path / "gt.mat", variables=("Blocks", "other")
    )

    assert scores["image"].tolist() == [f"[{i}, {j}]" for i in (0, 1) for j in range(3)]
    assert scores["psnr_db"][4] == pytest.approx(psnr(blocks[1, 1, 0], blocks[1, 1, 1]))


def test_two_files_need_not_have_the_same_name(run, tmp_path):
    write_png(tmp_path / "mine.png", image(1, dtype=np.uint16))
    write_png(tmp_path / "truth.png", image(2, dtype=np.uint16))

    scores, _ = run(tmp_path / "mine.png", tmp_path / "truth.png")

    expected = score(image(1, dtype=np.uint16), image(2, dtype=np.uint16))
    assert scores["psnr_db"].tolist() == [expected["psnr_db"]]
    assert scores["depth"].tolist() == ["uint16"]


def test_images_without_a_partner_are_named(run, folders):
    ours, gt = folders
    (ours / "a.png").rename(ours / "z.png")

    with pytest.raises(
        ValueError,
        match=r"1 denoised without a clean one in .*gt: z\.png; 1 clean without .*ours"
        r": a\.png.* score\.allow_unpaired=true scores the 2 that both have",
    ):
        run(ours, gt)


def test_images_without_a_partner_are_left_out_on_request(run, folders, caplog, capsys):
    ours, gt = folders
    (ours / "a.png").rename(ours / "z.png")

    with caplog.at_level(logging.WARNING):
        scores, summary = run(ours, gt, allow_unpaired=True)

    assert scores["image"].tolist() == ["b.png", "day/c.png"]
    left_out = {"num_denoised": 1, "denoised": ["z.png"], "num_clean": 1}
    assert summary["left_out"] == {**left_out, "clean": ["a.png"]}
    assert "Left out, for they have no partner" in caplog.text
    assert "Left out without a partner: 1 denoised, 1 clean" in capsys.readouterr().out


def test_no_pair_at_all_is_an_error_also_on_request(run, folders, tmp_path):
    write_png(tmp_path / "others" / "q.png", image(1))

    with pytest.raises(
        ValueError, match=r"No image has a partner .*score.denoised_suffix"
    ):
        run(folders[0], tmp_path / "others", allow_unpaired=True)


def test_pairs_of_other_sizes_and_depths_are_all_named_in_one_error(run, folders):
    ours, gt = folders
    write_png(ours / "a.png", image(0, size=SIZE[::-1]))
    write_png(ours / "day/c.png", image(0, dtype=np.uint16))

    with pytest.raises(
        ValueError,
        match=r"2 of 3 pairs cannot be scored: a\.png: denoised is 20x16 pixels, clean "
        r"16x20; day/c\.png: denoised is uint16, clean uint8\. Expected .* Nothing was",
    ):
        run(ours, gt)


def test_many_pairs_that_cannot_be_scored_are_counted(run, tmp_path):
    for number in range(7):
        write_png(tmp_path / f"ours/{number}.png", image(0, size=(11, 12)))
        write_png(tmp_path / f"gt/{number}.png", image(0, size=(12, 11)))

    with pytest.raises(ValueError, match=r"7 of 7 pairs .* 4\.png: .*; and 2 more"):
        run(tmp_path / "ours", tmp_path / "gt")


def test_what_a_score_refuses_is_named_with_its_image(run, tmp_path):
    small = np.zeros((2, 9, 9, 3), dtype=np.uint8)
    wild = np.linspace(0, 255, 2 * 16 * 16 * 3).reshape(2, 16, 16, 3)
    for name, array in (("small", small), ("wild", wild)):
        savemat(
            tmp_path / f"{name}.mat", {"x": array, "y": array + array.dtype.type(0)}
        )

    with pytest.raises(ValueError, match=r"\[0\]: This SSIM needs at least 11x11"):
        run(tmp_path / "small.mat", tmp_path / "small.mat", variables=("x", "y"))
    with pytest.raises(ValueError, match=r"\[0\]: Expected floating point in \[0, 1\]"):
        run(tmp_path / "wild.mat", tmp_path / "wild.mat", variables=("x", "y"))


def test_a_folder_is_not_compared_with_itself(run, folders):
    with pytest.raises(
        ValueError, match=r"3 images .* with themselves: a\.png, b\.png"
    ):
        run(folders[0], folders[0])


def test_an_array_is_not_compared_with_itself(run, tmp_path):
    savemat(tmp_path / "x.mat", {"x": np.stack([image(0), image(1)])})

    with pytest.raises(ValueError, match=r"2 images would be compared with themselves"):
        run(tmp_path / "x.mat", tmp_path / "x.mat")


def test_an_array_and_a_folder_have_no_names_in_common(run, folders, tmp_path):
    savemat(tmp_path / "x.mat", {"x": np.stack([image(0), image(1)])})

    with pytest.raises(ValueError, match=r"x\.mat holds 2 images without names, .*gt"):
        run(tmp_path / "x.mat", folders[1])


def test_a_damaged_file_is_named(run, folders):
    content = (folders[0] / "b.png").read_bytes()
    (folders[0] / "b.png").write_bytes(content[:200])

    with pytest.raises(ValueError, match=r"1 of 3 pairs.*b\.png is truncated or dam"):
        run(*folders)


def test_identical_images_are_said_and_left_out_of_the_mean(
    run, folders, caplog, capsys
):
    ours, gt = folders
    write_png(ours / "b.png", image(101))

    with caplog.at_level(logging.WARNING):
        scores, summary = run(ours, gt)

    assert summary["means"]["psnr_db"] == pytest.approx(
        np.mean([psnr(image(n), image(100 + n)) for n in (0, 2)])
    )
    assert (summary["num_identical"], summary["identical"]) == (1, ["b.png"])
    assert summary["best"]["scores"]["psnr_db"] is None
    assert np.isinf(scores["psnr_db"][1])
    assert "1 images equal the clean ones" in caplog.text
    shown = capsys.readouterr().out
    assert "inf" in shown
    assert "left out of the mean" in " ".join(shown.split())


def test_the_means_are_metrics_of_the_run(run, folders):
    _, summary = run(*folders)

    assert nodes.report_pairs(summary) == {
        **{f"score/{name}": mean for name, mean in summary["means"].items()},
        "score/num_images": 3,
        "score/num_identical": 0,
    }


def test_an_unknown_option_is_refused():
    with pytest.raises(ValueError, match="clean_sufix"):
        ScoreOptions(clean_sufix="_gt")


def test_what_was_paired_is_found_again_by_name(folders):
    ours, theirs = map(find_image_set, folders)
    record = json.loads(json.dumps(nodes.pair_images(ours, theirs, ScoreOptions())))
    write_png(folders[0] / "0.png", image(9))  # before the others: their places change

    scores = nodes.score_pairs(record, ScoreOptions())

    assert scores["image"].tolist() == ["a.png", "b.png", "day/c.png"]
    assert scores["psnr_db"][1] == pytest.approx(psnr(image(1), image(101)))


def test_what_was_paired_and_is_gone_is_named(folders):
    ours, theirs = map(find_image_set, folders)
    record = nodes.pair_images(ours, theirs, ScoreOptions())
    (folders[1] / "b.png").unlink()

    with pytest.raises(ValueError, match=r"gone from .*gt: b\.png\. Run pair_images"):
        nodes.score_pairs(record, ScoreOptions())


def test_blocks_of_an_array_are_found_again(tmp_path):
    files = [tmp_path / "ours.mat", tmp_path / "gt.mat"]
    for number, file in enumerate(files):
        savemat(file, {"x": np.full((2, 16, 16, 3), number, np.uint8), "y": 1})
    sets = [find_image_set(file, "x") for file in files]
    record = json.loads(json.dumps(nodes.pair_images(*sets, ScoreOptions())))

    scores = nodes.score_pairs(record, ScoreOptions())

    assert scores["image"].tolist() == ["[0]", "[1]"]
