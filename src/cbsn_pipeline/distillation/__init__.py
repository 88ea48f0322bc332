"""Train a student: a small plain U-Net that learns from a C-BSN what it made.

Nothing clean is seen here either. The teacher, with its tone and colour given back,
denoises the training patches; the student learns from two kinds of pairs:

- **real** ones, the noisy patch and what the teacher made of it, which show the student
  the real noise; and
- **transplanted** ones: what the teacher made of one patch, with the noise that it
  removed from another, scaled to the brightness of its new place. The student sees a
  scene whose noise-free picture is known exactly, however imperfect a picture of the
  camera's scene it is, and learns to tell noise from detail.

A student sees more of its surroundings than its teacher, averages over what teachers
get wrong, and costs a hundredth. It then teaches the next one.

This is not part of the published method. The idea to add noise again to what was
denoised is that of Zhang et al., "IDR: self-supervised image denoising via iterative
data refinement", CVPR 2022; the noise here is the camera's own, not a model's.
"""
