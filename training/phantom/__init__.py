"""A generated lumbar patient: anatomy in millimetres, disease with its truth measured, scanned, and written as DICOM.

Nothing here comes from a patient. Three frames occur: the *column frame* (along, behind and aside of the back wall of
the vertebral bodies), in which anatomy is painted; the *spine frame* (x to the patient's left, y to the back, z to the
head), in which the column is bent as spines are; and the *patient frame* of DICOM (LPS), reached by a `Pose`, because
nobody lies in the scanner quite straight.

    disease → spine → canvas (bones, nerves) → body → scan → truth, writing
"""
