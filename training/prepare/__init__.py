"""RSNA's download as it is → the labelled sets and crops that everything else here trains on.

train.csv, … ─► download ─► study (pictures, cells, crops; one part a study) ─► join (cells.csv, crop stores)
                   └──────────────► gaps ◄──────────┘
"""
