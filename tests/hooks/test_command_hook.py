from types import SimpleNamespace

import pytest

from cbsn_pipeline.hooks.command_hook import command_hook

OURS = SimpleNamespace(package_name="cbsn_pipeline")


def read(*args, project=OURS):
    command_hook.before_command_run(project, ["run", *args])


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("--params", "photos=/a"),
        ("--params", "photos=/a,train.steps=3"),
        ("--params=photos=/a, train.steps=3,",),
        ("--nodes", "a,b"),
    ],
)
def test_other_commands_pass(args):
    read(*args)


@pytest.mark.parametrize(
    "args", [("--params", "photos=/a,b/c"), ("--params=photos=/a,b/c",)]
)
def test_a_comma_in_a_path_is_explained(args, capsys):
    with pytest.raises(SystemExit) as error:
        read(*args)

    assert error.value.code == 2
    message = capsys.readouterr().err
    assert "--params photos=/a,b/c: Kedro splits this at its commas" in message
    assert "'b/c' has no key" in message
    assert "If 'photos=/a,b/c' is one value, write it into a file" in message
    assert "--config=run.yml" in message


def test_other_projects_are_left_alone():
    read("--params", "a=b,c", project=SimpleNamespace(package_name="other"))
    read("--params", "a=b,c", project=None)


def test_kedro_knows_the_hook():
    from kedro.framework.cli.hooks import get_cli_hook_manager

    assert command_hook in get_cli_hook_manager().get_plugins()
