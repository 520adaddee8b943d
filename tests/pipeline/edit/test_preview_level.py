"""The level of previews follows measured times."""

from pipeline.edit.preview_level import COOLDOWN, TIME_BUDGET, Level, PreviewLevels


def test_previews_settle_on_the_finest_level_that_keeps_up() -> None:
    preview_levels = PreviewLevels((16, 32, 64, 128, 256))
    costs = {level: 0.001 * 2**place for place, level in enumerate(preview_levels.levels)}
    for _ in range(20):
        preview_levels.record(preview_levels.level, costs[preview_levels.level])
    fine = preview_levels.level
    assert TIME_BUDGET / 4 < costs[fine] <= TIME_BUDGET
    preview_levels.record(fine, 0.5)
    assert preview_levels.levels.index(preview_levels.level) == preview_levels.levels.index(fine) - 1
    for _ in range(COOLDOWN - 1):
        preview_levels.record(preview_levels.level, costs[preview_levels.level])
        assert preview_levels.level != fine
    preview_levels.fix(Level(1.0, 256))
    assert preview_levels.level == Level(1.0, 256)


def test_one_quick_preview_is_no_reason_for_a_finer_level() -> None:
    preview_levels = PreviewLevels((16, 32, 64, 128, 256))
    preview_levels.record(preview_levels.level, 0.9 * TIME_BUDGET)
    preview_levels.record(preview_levels.level, 0.1 * TIME_BUDGET)
    assert preview_levels.level == preview_levels.levels[0]
    for _ in range(3):
        preview_levels.record(preview_levels.level, 0.1 * TIME_BUDGET)
    assert preview_levels.level != preview_levels.levels[0]


def test_a_preview_at_another_level_says_nothing_about_this_one() -> None:
    preview_levels = PreviewLevels((16, 32, 64, 128, 256))
    preview_levels.record(preview_levels.level, 0.1 * TIME_BUDGET)
    assert preview_levels.level == preview_levels.levels[1]
    preview_levels.record(preview_levels.levels[-1], 10.0)  # begun before the level was set by hand or found
    assert preview_levels.level == preview_levels.levels[1]


def test_a_generator_that_is_not_elastic_is_never_narrowed() -> None:
    preview_levels = PreviewLevels((4, 8, 16, 32, 64, 128, 256, 512, 1024), elastic=False)
    assert {level.ratio for level in preview_levels.levels} == {1.0}
    assert (preview_levels.levels[0].resolution, preview_levels.levels[-1].resolution) == (32, 1024)
    preview_levels.record(preview_levels.level, 10.0)
    assert preview_levels.level == preview_levels.levels[0]  # there is nothing coarser
    for _ in range(20):
        preview_levels.record(preview_levels.level, 0.001)
    assert preview_levels.level == preview_levels.levels[-1]
