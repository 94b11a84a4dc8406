"""RSNA's download as it is, or sets of pictures → the sets and crops that everything else here trains on.

train.csv, … ─► download ─► study (pictures, cells, crops; one part a study) ─► join (cells.csv, crop stores)
rsna_canal/, … ─► sets ─► labelled ───┘  (the same parts; pictures are linked)
spider_…/, … ───────┴──► plain           (linked as they are)
All of them ─► gaps
"""
