"""``policy diff`` of revisions of a git repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from tests.unit.policy_analysis.evaluation.worlds import pod, policy

SHUT = policy("shop/shut", "endpointSelector: {}\ningress: [{}]")
OPEN = policy("shop/open", "endpointSelector: {}\ningress: [{fromEntities: [world]}]")
OPENED = "+ opens     world -> shop/web: all ports"


def git(folder: Path, *words: str) -> str:
    names = [f"{name}=a@b.example" for name in ("user.name", "user.email")]
    options = [word for each in [*names, "init.defaultBranch=main"] for word in ("-c", each)]
    done = subprocess.run(
        ["git", "-C", str(folder), *options, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits of main; on a branch from the first a third. The second opens, the third adds a pod."""
    top = tmp_path_factory.mktemp("repository")
    folder = top / "policies"
    folder.mkdir()
    git(top, "init", "--quiet")
    (top / "README.md").write_text("No YAML.\n")
    (folder / ".gitattributes").write_text("*.yaml export-ignore\n")
    (folder / "web.yaml").write_text(SHUT + pod("shop/web"))
    (folder / "web.yaml.orig").write_text("not: [read")
    git(top, "add", "-A")
    git(top, "commit", "--quiet", "-m", "one")
    git(top, "tag", "one")
    git(top, "checkout", "--quiet", "-b", "branch")
    (folder / "more.yaml").write_text(pod("shop/more"))
    git(top, "add", "-A")
    git(top, "commit", "--quiet", "-m", "three")
    git(top, "checkout", "--quiet", "main")
    (folder / "web.yaml").write_text(SHUT + OPEN + pod("shop/web"))
    git(top, "commit", "--quiet", "-a", "-m", "two")
    return top


@pytest.fixture
def there(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(repository)
    return repository


def diff(*words: str) -> int:
    return main(["policy", "diff", *words])


@pytest.mark.parametrize(
    "words",
    [
        ("--git", "one..main", "--", "policies"),
        ("--git", "one..main"),
        ("--git", "one..", "policies/web.yaml"),
        ("--git", "one"),
        ("git:one:policies", "git:main:policies"),
        ("git:one:policies/web.yaml", "policies"),
    ],
)
def test_revisions_are_compared(
    words: tuple[str, ...], there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(*words) == 0
    assert OPENED in capsys.readouterr().out.splitlines()
    assert git(there, "status", "--porcelain") == ""


def test_a_pull_request_begins_where_it_left_its_target(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The target has opened something since, which is not the branch's doing."""
    assert diff("--git", "main...branch") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("branch where it left main -> branch: nothing changes\n")
    assert "workloads only in branch: shop/more\n" in printed
    assert diff("--git", "main..branch") == 0
    assert "- closes    world -> every pod of shop" in capsys.readouterr().out


def test_it_may_be_called_in_a_folder_of_the_repository(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(there / "policies")
    assert diff("--git", "one..main", "web.yaml") == 0
    assert OPENED in capsys.readouterr().out


def test_what_a_revision_lacks_is_empty_there(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("--git", "one..branch", "--both", "policies/web.yaml", "--", "policies/more.yaml") == 0
    assert "workloads only in branch: shop/more" in capsys.readouterr().out


def test_the_working_tree_has_what_is_not_committed(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fresh = there / "fresh.yaml"
    fresh.write_text(pod("shop/fresh"))
    try:
        assert diff("--git", "main") == 0
    finally:
        fresh.unlink()
    assert capsys.readouterr().out == (
        "main -> the working tree: nothing changes\n\nworkloads only in the working tree: shop/fresh\n"
    )


def test_mistakes_name_the_revision_and_the_file(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "clone", "--quiet", str(repository), ".")
    bad = policy("shop/bad", "endpointSelector: {}\ningress: [{fromEntities: [moon]}]")
    (tmp_path / "policies" / "bad.yaml").write_text(bad)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "--quiet", "-m", "bad")
    assert diff("--git", "HEAD^..HEAD") == 1
    error = capsys.readouterr().err
    assert "HEAD:policies/bad.yaml line 2: CiliumNetworkPolicy bad: spec.ingress[0]" in error
    assert "cdk-eks-cilium-" not in error


def test_settings_come_from_the_revision_too(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "--quiet")
    (tmp_path / "settings.yaml").write_text("tenants: [{namespace: shop, policies: [open.yaml]}]\n")
    (tmp_path / "open.yaml").write_text(SHUT)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    (tmp_path / "open.yaml").write_text(SHUT + "---\n" + OPEN)
    git(tmp_path, "commit", "--quiet", "-a", "-m", "two")
    assert diff("--git", "HEAD^..HEAD", "--settings", "settings.yaml") == 0
    assert "+ opens     world -> " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ("--git", "none..main"),
            "--git: must be a revision of the repository, got 'none'; git branch --all and git tag list what "
            "there is [CEK7103]",
        ),
        (
            ("--git", "--upload-pack=x..main"),
            "--git: must be a revision of the repository, got '--upload-pack=x'; git branch --all and git "
            "tag list what there is [CEK7103]",
        ),
        (
            ("--git", "one..main", "nowhere"),
            "--git: must be revisions with these files, got 'nowhere'; name a file, or a folder with YAML or "
            "JSON in it [CEK7101]",
        ),
        (
            ("git:one:nowhere", "policies"),
            "files: must be a path of the revision one, got 'nowhere'; name a file, or a folder with YAML or "
            "JSON in it [CEK7101]",
        ),
        (
            ("git:one", "policies"),
            "files: must be git:REVISION:PATH, got 'git:one'; write git:main:policies [CEK7108]",
        ),
        (
            ("--git", "one..main", "--settings", "policies/none.yaml"),
            "--settings: must be a file of the revision one, got 'policies/none.yaml'; commit it, or leave "
            "--settings out [CEK7107]",
        ),
    ],
)
def test_what_the_repository_lacks_is_refused(
    words: tuple[str, ...], error: str, there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    joined = [f"{words[0]}={words[1]}", *words[2:]] if words[0] == "--git" else words
    assert diff(*joined) == 2
    assert capsys.readouterr().err == f"1 problem\n  {error}\n"


def test_a_path_outside_the_repository_is_refused(
    there: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff("--git", "one..main", str(tmp_path)) == 2
    assert capsys.readouterr().err == (
        f"1 problem\n  --git: must have paths of the repository {there}, got '{tmp_path}'; name a path in it "
        "[CEK7102]\n"
    )


def test_a_shallow_clone_says_what_to_fetch(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    assert diff("--git", "one..main") == 2
    assert capsys.readouterr().err == (
        "1 problem\n  --git: must be a revision of the repository, got 'one'; this clone is shallow: run git "
        "fetch --unshallow, or set fetch-depth: 0 of actions/checkout [CEK7103]\n"
    )


def test_revisions_that_share_nothing_have_no_place_where_they_parted(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "clone", "--quiet", str(repository), ".")
    git(tmp_path, "checkout", "--quiet", "--orphan", "alone")
    git(tmp_path, "commit", "--quiet", "-m", "alone")
    monkeypatch.chdir(tmp_path)
    assert diff("--git", "origin/main...alone") == 2
    assert "--git: must be revisions with a commit in common, got 'origin/main...alone'" in (
        capsys.readouterr().err
    )


def test_a_folder_without_a_repository_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert diff("--git", "one..two") == 2
    assert "--git: must be called in a git repository" in capsys.readouterr().err


def test_a_machine_without_git_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert diff("--git", "one..two") == 2
    assert capsys.readouterr().err == (
        "1 problem\n  --git: needs git; install git, or name folders to compare [CEK7106]\n"
    )


def test_a_file_of_a_revision_gets_the_namespace_of_the_kustomization_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "--quiet")
    Path("shop").mkdir()
    Path("shop/kustomization.yaml").write_text("namespace: shop\nresources: [web.yaml]\n")
    Path("shop/web.yaml").write_text(policy("default/open", "endpointSelector: {}\ningress: [{}]"))
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "--quiet", "-m", "one")

    assert diff("--git", "HEAD", "--", "shop/web.yaml") == 0
    assert "HEAD -> the working tree: nothing changes" in capsys.readouterr().out
    Path("shop/web.yaml").write_text(
        policy("default/open", "endpointSelector: {}\ningress: [{fromEntities: [world]}]")
    )
    assert diff("--git", "HEAD", "--", "shop/web.yaml") == 0
    assert "to shop" in capsys.readouterr().out
