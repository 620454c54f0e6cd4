print("regrok")
