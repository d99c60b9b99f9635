"""A second template in a step, as who tries two subjects against each other has it: half of the mail goes out with it.

Organisation 1 has one template in each step. In all others two sequences begin with one of two, whose fates differ.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from outreach_sandbox.organisation.sequences import Step, sequences
from outreach_sandbox.records import Identifier, Record


@dataclass(frozen=True, slots=True)
class _Variant:
    """The other template of a sequence's first step: its ids, what its subject begins with, and its share.

    Of ten mails that were replied to `of_replied` are its own, of ten others `of_others`.
    """

    template_id: int
    sequence_template_id: int
    prefix: str
    of_replied: int
    of_others: int


VARIANTS: Mapping[int, _Variant] = MappingProxyType(
    {98: _Variant(925, 625, "Worth ten minutes? ", 8, 4), 789: _Variant(926, 626, "Two questions: ", 5, 5)}
)
"""The variants by the sequence whose first step has them."""


def variant_records(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the other templates and their connections to steps, made of those that the steps have."""
    originals = {
        Identifier(record.type, record.id): record
        for record in records
        if record.type in ("template", "sequenceTemplate")
    }
    for variant, step in _steps():
        template = step.template
        if template is None:
            continue
        first = originals[Identifier("template", template.id)]
        attributes = {
            **first.attributes,
            "name": f"{template.name} (B)",
            "subject": variant.prefix + template.subject,
        }
        yield replace(first, id=variant.template_id, attributes=attributes)
        connection = originals[Identifier("sequenceTemplate", template.sequence_template_id)]
        relationships = {**connection.relationships, "template": Identifier("template", variant.template_id)}
        yield replace(connection, id=variant.sequence_template_id, relationships=relationships)


def with_variants(activity: Iterable[Record]) -> Iterator[Record]:
    """Yield what happened, part of the mail with the other template of its step."""
    others = {Identifier("sequenceStep", step.id): variant for variant, step in _steps()}
    for record in activity:
        step = record.relationships.get("sequenceStep")
        variant = others.get(step) if record.type == "mailing" and isinstance(step, Identifier) else None
        if variant is None or not _is_chosen(record, variant):
            yield record
            continue
        attributes = {**record.attributes, "subject": variant.prefix + record.attributes["subject"]}
        relationships = {**record.relationships, "template": Identifier("template", variant.template_id)}
        yield replace(record, attributes=attributes, relationships=relationships)


def connections() -> Mapping[int, int]:
    """Return the sequence template by which each template stands in a step, by their ids."""
    own = {
        step.template.id: step.template.sequence_template_id
        for sequence in sequences()
        for step in sequence.steps
        if step.template
    }
    return {**own, **{each.template_id: each.sequence_template_id for each in VARIANTS.values()}}


def _steps() -> Iterator[tuple[_Variant, Step]]:
    for sequence in sequences():
        if sequence.id in VARIANTS:
            yield VARIANTS[sequence.id], sequence.steps[0]


def _is_chosen(mailing: Record, variant: _Variant) -> bool:
    # By its number, so that the choice takes nothing from the chance that all other records are made by.
    return mailing.id * 7 % 10 < (variant.of_replied if mailing.attributes.get("repliedAt") else variant.of_others)
