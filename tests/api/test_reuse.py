"""The wheel, in an empty environment, in somebody else's app."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from cdk_eks_cilium import __version__

FOREIGN_APP = """
import aws_cdk as cdk
from cdk_eks_cilium import CiliumCluster

app = cdk.App()
stack = cdk.Stack(app, "Theirs")
platform = CiliumCluster(stack, "Platform")
for name, command in platform.commands.items():
    cdk.CfnOutput(stack, name, value=command)
app.synth()
"""
UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|Name or service not known|name resolution|ProxyError"
    r"|Network is unreachable|Connection refused|Could not find a version .*from versions: none",
)


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a process that sees neither this checkout nor this interpreter."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL", "CDK"))
    }
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **env},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, root)
    done = run(*command, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def installed(wheel: Path, home: Path, *more: str) -> Path:
    """The interpreter of an empty environment with the wheel and other packages in it."""
    venv.create(home)
    python = home / "bin/python"
    # This interpreter's pip installs the wheel: another pip takes most of the time of an environment.
    pip = (sys.executable, "-m", "pip", "--python", python, "install")
    options = ("--quiet", "--disable-pip-version-check", "--retries", "1", "--no-compile")
    # Compiling all of aws_cdk takes longer than everything else here; ours is compiled below, as by pip.
    done = run(*pip, *options, wheel, *more, cwd=home)
    if done.returncode != 0 and UNREACHABLE.search(done.stderr):
        pytest.skip("pip reaches no package registry, and an empty environment needs one")
    assert done.returncode == 0, done.stderr
    (package,) = home.glob("lib/python*/site-packages/cdk_eks_cilium")
    compiled = run(python, "-m", "compileall", "-q", package, cwd=home)
    assert compiled.returncode == 0, compiled.stdout
    assert list(package.glob("_lambda/aws_node_removal/__pycache__/*.pyc"))
    return python


def test_the_wheel_holds_the_library_its_types_its_data_and_the_functions(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names}

    assert {
        "cdk_eks_cilium/__init__.py",
        "cdk_eks_cilium/__init__.pyi",
        "cdk_eks_cilium/py.typed",
        "cdk_eks_cilium/addressing/instance_types.csv",
        "cdk_eks_cilium/_lambda/aws_node_removal/index.py",
    } <= names
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cdk_eks_cilium"}
    assert not [name for name in names if "__pycache__" in name]
    assert f"cdk_eks_cilium-{__version__}.dist-info/METADATA" in names


@pytest.mark.slow
def test_a_foreign_app_of_ten_lines_needs_nothing_but_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """One test, because its environment takes longest and xdist's workers share no fixtures."""
    python = installed(wheel, tmp_path / "venv")
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "their_app.py").write_text(FOREIGN_APP, encoding="utf-8")
    assert len(FOREIGN_APP.strip().splitlines()) <= 10

    done = run(python, "their_app.py", cwd=folder, **environment(folder))

    assert done.returncode == 0, done.stdout + done.stderr
    whole_cluster(folder / "assembly")
    removal_code(folder / "assembly")
    nothing_looked_up(folder)
    domain_without_node(python, folder)
    settings_begun(python, folder)


@pytest.mark.slow
def test_the_oldest_cdk_that_the_wheel_takes_makes_the_same_kinds_of_resources(
    wheel: Path, root: Path, tmp_path: Path
) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (oldest,) = [
        each[13:].split(",")[0] for each in project["dependencies"] if each.startswith("aws-cdk-lib>=")
    ]
    python = installed(wheel, tmp_path / "venv", f"aws-cdk-lib=={oldest}")
    (tmp_path / "their_app.py").write_text(FOREIGN_APP, encoding="utf-8")

    done = run(python, "their_app.py", cwd=tmp_path, **environment(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    whole_cluster(tmp_path / "assembly")


def test_links_of_the_readme_on_pypi_do_not_lead_into_the_repository(wheel: Path) -> None:
    archive = ZipFile(wheel)
    (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
    text = archive.read(name).decode()

    assert "Author: The cdk-eks-cilium maintainers" in text
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", text) == []
    assert "What one deploy makes" not in text.split("```")[0]


def environment(folder: Path) -> dict[str, str]:
    """Variables of an app whose assembly comes into a folder."""
    return {
        "CDK_OUTDIR": str(folder / "assembly"),
        # Node.js is the one thing that pip does not bring.
        "JSII_NODE": os.environ["JSII_NODE"],
        # CDK's own validation judges the same app where the README's block runs; it takes most of a synth.
        "CDK_VALIDATION": "false",
    }


def whole_cluster(assembly: Path) -> None:
    template = json.loads((assembly / "Theirs.template.json").read_text(encoding="utf-8"))
    kinds = {resource["Type"] for resource in template["Resources"].values()}

    assert {"Custom::AwsNodeRemoval", "Custom::AWSCDK-EKS-HelmChart", "AWS::EKS::Nodegroup"} <= kinds
    assert set(template["Outputs"]) == {"Kubeconfig", "CiliumStatus", "ConnectivityTest", "HubbleUi"}


def removal_code(assembly: Path) -> None:
    folders = [path.parent for path in assembly.glob("asset.*/index.py")]
    (asset,) = [folder for folder in folders if (folder / "removal.py").is_file()]
    ours = Path(__file__).resolve().parents[2] / "lambda"
    modules = [*(ours / "aws_node_removal").glob("*.py"), *(ours / "common").glob("*.py")]

    # The asset must not contain byte code, which gives each machine another hash.
    assert sorted(path.name for path in asset.iterdir()) == sorted(path.name for path in modules)


def nothing_looked_up(folder: Path) -> None:
    assert "missing" not in json.loads((folder / "assembly/manifest.json").read_text(encoding="utf-8"))
    assert not (folder / "cdk.context.json").exists()


def domain_without_node(python: Path, folder: Path) -> None:
    code = (
        "from cdk_eks_cilium import CiliumValues, CiliumVersion, Egress\n"
        "from cdk_eks_cilium.addressing import NodeAddressing\n"
        "from cdk_eks_cilium.values import References, helm_values\n"
        "values = CiliumValues(egress=Egress.node())\n"
        "refs = References(cluster_name='shop', operator_role_arn=None, subnet_ids=('subnet-1',))\n"
        "rendered = helm_values(values, CiliumVersion.DEFAULT, refs)\n"
        "print(NodeAddressing().max_pods(['m6i.large']), rendered['eni']['enabled'])\n"
    )
    done = run(python, "-c", code, cwd=folder, PATH="/nonexistent", JSII_NODE="/nonexistent")

    assert (done.returncode, done.stdout.strip()) == (0, "110 True"), done.stderr


def settings_begun(python: Path, folder: Path) -> None:
    for words in (("init",), ("check",)):
        done = run(python, "-m", "cdk_eks_cilium", "settings", *words, cwd=folder, PATH="/nonexistent")
        assert done.returncode == 0, done.stderr
    assert (folder / "settings.yaml").is_file()
