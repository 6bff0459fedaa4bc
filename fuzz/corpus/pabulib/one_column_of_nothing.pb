META
lative
PROJECTS
jperoct_id;cOJECTpark
VOTES
voy˜
;