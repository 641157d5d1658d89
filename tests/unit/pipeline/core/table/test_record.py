import pytest

from pipeline.core.table.record import Record, from_wire, to_wire


@pytest.mark.parametrize(
    ("given", "creator"),
    [({"id": "ou_1"}, "ou_1"), ([{"id": "ou_1"}], "ou_1"), ([], None), ([{"id": "a"}, {"id": "b"}], None)]
    + [(odd, None) for odd in (["ou_1"], "ou_1", 5, {}, {"id": None}, {"id": ["ou_1"]})],
)
def test_a_creator_is_read_in_the_shape_of_a_person_or_of_a_list_of_one(given: object, creator: str | None) -> None:
    assert from_wire({"record_id": "r", "created_by": given}).creator == creator


@pytest.mark.parametrize("name", ["created_time", "last_modified_time"])
@pytest.mark.parametrize(("given", "ms"), [(7, 7), ("7", 7), ("", 0), ("seven", 0), ([7], 0), (None, 0), (10**16, 0)])
def test_a_time_that_is_no_number_is_unknown(name: str, given: object, ms: int) -> None:
    read = from_wire({"record_id": "r", name: given})
    assert max(read.created_ms, read.modified_ms) == ms


@pytest.mark.parametrize("item", [{"record_id": "r"}, {"record_id": "r", "fields": None, "created_by": None}])
def test_a_record_may_have_no_cells_and_no_facts(item: dict[str, object]) -> None:
    assert from_wire(item) == Record("r", {})


@pytest.mark.parametrize("item", [{"fields": {}}, {"record_id": None}, {"record_id": 7}])
def test_a_record_without_an_id_is_refused(item: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="record_id"):
        from_wire(item)


def test_cells_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="fields"):
        from_wire({"record_id": "r", "fields": ["甲"]})


@pytest.mark.parametrize("record", [Record("r", {}), Record("r", {"时间": 1, "空": None}, "ou_1", 7, 9)])
def test_what_is_kept_in_the_shape_of_the_api_is_read_back(record: Record) -> None:
    assert from_wire(to_wire(record)) == record


def test_the_cells_are_not_copied() -> None:
    cells = {"时间": 1}
    assert from_wire({"record_id": "r", "fields": cells}).cells is cells
