"""Settings that name files, for environments that lie elsewhere."""

from __future__ import annotations

from pathlib import Path

from bench.environment import with_whole_paths


def test_files_that_settings_name_get_whole_paths(tmp_path: Path) -> None:
    settings = {
        "cilium": {"chart": "c.tgz"},
        "tenants": [{"namespace": "a", "policies": ["p"]}, {"namespace": "b"}],
    }

    found = with_whole_paths(settings, tmp_path)

    assert found == {
        "cilium": {"chart": f"{tmp_path}/c.tgz"},
        "tenants": [{"namespace": "a", "policies": [f"{tmp_path}/p"]}, {"namespace": "b"}],
    }
    assert settings["cilium"] == {"chart": "c.tgz"}
