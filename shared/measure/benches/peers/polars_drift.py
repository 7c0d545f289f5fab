"""A drift verdict written by hand on polars: `python polars_drift.py train.csv capture.jsonl`. Needs `pip install polars`.

Lines, bodies and cells are taken apart by polars on all cores; then the largest distance of the distribution functions of numbers
and of the frequencies of texts, 0.1.
"""

import sys

import polars

BODY = r'"endpointInput":\{[^}]*"data":"([^"]*)"'
OUTPUT = r'"endpointOutput":\{[^}]*"data":"([^"\\]*)'

baseline = polars.read_csv(sys.argv[1])
lines = polars.scan_csv(sys.argv[2], has_header=False, new_columns=["line"], separator="\x01", quote_char=None)
row = polars.concat_str(
    [polars.col("line").str.extract(OUTPUT), polars.col("line").str.extract(BODY)], separator=","
)
cells = row.str.split_exact(",", len(baseline.columns) - 1).struct.rename_fields(baseline.columns)
captured = lines.select(cells.alias("row")).unnest("row").cast(dict(baseline.schema), strict=False).collect()

drifted = []
for name, kind in baseline.schema.items():
    counts = [
        frame[name].drop_nulls().value_counts().with_columns(polars.col("count") / frame.height)
        for frame in (baseline, captured)
    ]
    both = counts[0].join(counts[1], on=name, how="full", coalesce=True).fill_null(0)
    if kind.is_numeric():
        gap = both.sort(name).select((polars.col("count").cum_sum() - polars.col("count_right").cum_sum()).abs().max())
    else:
        gap = both.select((polars.col("count") - polars.col("count_right")).abs().max())
    if gap.item() > 0.1:
        drifted.append(name)
print(*sorted(drifted))
