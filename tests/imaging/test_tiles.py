import numpy as np
import pytest

from cbsn_pipeline.imaging.tiles import tile_spans


def test_an_axis_is_cut_into_equal_cores_with_margins():
    spans = tile_spans(10, tile=4, margin=2)

    assert spans == [(0, 3, 0, 5), (3, 6, 1, 8), (6, 10, 4, 10)]
    assert spans[1].core_in_read == slice(2, 5)


@pytest.mark.parametrize("length", [1, 2, 7, 64, 101])
@pytest.mark.parametrize("tile", [1, 3, 16, 200])
@pytest.mark.parametrize("margin", [0, 5])
def test_cores_cover_every_pixel_once_and_margins_are_read(length, tile, margin):
    covered = np.zeros(length, int)
    axis = np.arange(length)
    for span in tile_spans(length, tile=tile, margin=margin):
        covered[span.core] += 1
        assert span.core_stop - span.core_start <= tile
        np.testing.assert_array_equal(
            axis[span.read][span.core_in_read], axis[span.core]
        )
        assert span.read_start == max(0, span.core_start - margin)
        assert span.read_stop == min(length, span.core_stop + margin)

    assert (covered == 1).all()


@pytest.mark.parametrize("bad", [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_nonsense_is_refused(bad):
    length, tile, margin = bad
    with pytest.raises(ValueError, match="Cannot tile"):
        tile_spans(length, tile=tile, margin=margin)


@pytest.mark.parametrize("length", [16, 48, 160, 1600])
@pytest.mark.parametrize("tile", [1, 16, 40, 333])
def test_edges_keep_to_the_unit(length, tile):
    spans = tile_spans(length, tile=tile, margin=32, unit=16)

    covered = np.zeros(length, int)
    for span in spans:
        covered[span.core] += 1
        edges = (span.core_start, span.core_stop, span.read_start, span.read_stop)
        assert all(edge % 16 == 0 for edge in edges)
    assert (covered == 1).all()


def test_lengths_that_are_not_a_multiple_are_refused():
    with pytest.raises(ValueError, match="100 pixels .* margin of 32 in steps of 16"):
        tile_spans(100, tile=50, margin=32, unit=16)
